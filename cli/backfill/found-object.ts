import type { Archived, ListedFile } from '../log-files/file-result.ts';
import type { Whereabouts } from '../log-files/unselected.ts';

/** An object of a bucket, or a file as if it were one. */
export interface FoundObject extends ListedFile {
  /** Without quotes. */
  etag: string;
  /** It cannot be read before it is restored. */
  archived?: Archived;
}

/** Who is told what a listing finds. */
export interface ListingSink {
  /**
   * Takes a piece of the listing: objects in the order of their keys, not only log files. The listing goes on when it has
   * settled.
   * @returns how many of them are selected
   */
  found(objects: readonly FoundObject[]): Promise<number>;
  /** Something of a service other than CloudTrail lies here, and was not listed: a prefix. */
  passedOver(prefix: string): void;
  /** A folder of CloudTrail lies here that was not listed, because the selection leaves it out. */
  notSelected(folder: Whereabouts): void;
  /** A file that cannot be read. */
  unreadable(path: string, problem: string): void;
  /** A request for a listing was made. */
  requested(): void;
}

/** Lists everything that is asked for; ends early when the signal says so. */
export type Listing = (sink: ListingSink, signal: AbortSignal) => Promise<void>;
