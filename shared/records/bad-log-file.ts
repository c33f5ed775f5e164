import { TrailError } from '../errors.ts';

/**
 * Why a file is not a valid log file. `gzip-*` offsets count bytes of the compressed object, all others bytes of the
 * uncompressed text.
 */
export type BadLogFileCode =
  | 'empty'
  | 'not-gzip-or-json'
  | 'utf-16'
  | 'gzip-corrupt'
  | 'gzip-truncated'
  | 'gzip-trailing-bytes'
  | 'json-syntax'
  | 'json-truncated'
  | 'top-level-not-an-object'
  | 'records-missing'
  | 'records-not-an-array'
  | 'records-twice'
  | 'record-bytes-cap'
  | 'records-cap'
  | 'bad-records-cap'
  | 'depth-cap'
  | 'uncompressed-bytes-cap'
  | 'ratio-cap';

/** The whole file is invalid, so nothing of it may be stored. The message has a position and an expectation, never content. */
export class BadLogFileError extends TrailError {
  declare readonly code: BadLogFileCode;
  /** Bytes into the uncompressed text, or into the compressed object when `code` starts with `gzip-`. */
  readonly offset: number;

  constructor(code: BadLogFileCode, offset: number, expectation: string, options?: ErrorOptions) {
    const place = code.startsWith('gzip-') ? 'compressed' : 'uncompressed';
    super(code, `${code} at byte ${offset} (${place}): ${expectation}`, options);
    this.offset = offset;
  }
}
