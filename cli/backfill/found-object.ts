/** An object of a bucket, or a file as if it were one. */
export interface FoundObject {
  bucket: string;
  key: string;
  /** Without quotes. */
  etag: string;
  /** In bytes. */
  size: number;
  /** Of a file on this machine. */
  path?: string;
}

/** Who is told what a listing finds. */
export interface ListingSink {
  /**
   * Takes a piece of the listing: objects in the order of their keys, not only log files. The listing goes on when it has
   * settled.
   */
  found(objects: readonly FoundObject[]): Promise<void>;
  /** Something of a service other than CloudTrail lies here, and was not listed: a prefix. */
  passedOver(prefix: string): void;
  /** A file that cannot be read. */
  unreadable(path: string, problem: string): void;
  /** A request for a listing was made. */
  requested(): void;
}

/** Lists everything that is asked for; ends early when the signal says so. */
export type Listing = (sink: ListingSink, signal: AbortSignal) => Promise<void>;
