/** Where an export is: files by name, such as `p_account=A/p_region=R/p_day=D/events.parquet`. */
export interface ExportPlace {
  /** As messages and SQL name it, without a slash at its end: a path, or `s3://BUCKET/PREFIX`. */
  readonly uri: string;
  /** Returns the text of a file; undefined if it is not there. */
  read(name: string): Promise<string | undefined>;
  /** Returns the size of a file in bytes; undefined if it is not there. */
  sizeOf(name: string): Promise<number | undefined>;
  /** Begins to write a file. Until it is committed, the name has what it had before. */
  create(name: string): Promise<FileDraft>;
  /** Removes a file, if it is there. */
  remove(name: string): Promise<void>;
}

/** A file that is not visible under its name yet. */
export interface FileDraft {
  write(bytes: Uint8Array): Promise<void>;
  /** Puts the file under its name, in one step. */
  commit(): Promise<void>;
  discard(): Promise<void>;
}
