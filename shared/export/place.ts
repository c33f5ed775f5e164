/** Where an export is: files by name, such as `p_account=A/p_region=R/p_day=D/events.parquet`. */
export interface ExportPlace {
  /** As messages and SQL name it, without a slash at its end: a path, or `s3://BUCKET/PREFIX`. */
  readonly uri: string;
  /** Returns the text of a file; undefined if it is not there. */
  read(name: string): Promise<ReadText | undefined>;
  /**
   * Puts a text under a name in one step, unless another process has written there since it was read.
   * @param before what `read` returned
   * @returns whether it was put
   */
  replace(name: string, text: string, before: ReadText | undefined): Promise<boolean>;
  /** Returns the size of a file in bytes; undefined if it is not there. */
  sizeOf(name: string): Promise<number | undefined>;
  /** Begins to write a file. Until it is committed, the name has what it had before. */
  create(name: string): Promise<FileDraft>;
  /** Removes a file, if it is there. */
  remove(name: string): Promise<void>;
}

/** A text as it was read. */
export interface ReadText {
  text: string;
  /** Differs after each change of the text. */
  version: string;
}

/** A file that is not visible under its name yet. */
export interface FileDraft {
  write(bytes: Uint8Array): Promise<void>;
  /** Puts the file under its name, in one step. */
  commit(): Promise<void>;
  discard(): Promise<void>;
}
