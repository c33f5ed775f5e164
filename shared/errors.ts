/**
 * An error whose message this project wrote. It names a place and an expectation and holds no record content, so it may be
 * logged, stored in the quarantine and shown. Messages of other errors never are: an AWS SDK error can echo the whole request.
 */
export class TrailError extends Error {
  /** Stable, kebab-case name of the problem; for counting and for tests. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    // Lambda reports it as the error's type; in a bundle the class has another name.
    this.name = code;
    this.code = code;
  }
}

/** Returns `s3://bucket/key`, by which every message names a log file. */
export function s3Uri(object: { bucket: string; key: string }): string {
  return `s3://${object.bucket}/${object.key}`;
}

/** Returns the name by which people know a log file: the path that they gave, or its URI in S3. */
export function placeOf(object: { bucket: string; key: string; path?: string | undefined }): string {
  return object.path ?? s3Uri(object);
}

/** Returns one line about any error that is safe to log: our own message, or the name, code and HTTP status of a foreign one. */
export function describeError(error: unknown): string {
  if (error instanceof TrailError) return `${error.code}: ${error.message}`;
  if (!(error instanceof Error)) return 'a value that is not an error was thrown';
  const { code, $metadata } = error as { code?: unknown; $metadata?: { httpStatusCode?: number } };
  const details = [
    ...(typeof code === 'string' && code !== error.name ? [code] : []),
    ...($metadata?.httpStatusCode === undefined ? [] : [`HTTP ${$metadata.httpStatusCode}`]),
  ];
  return details.length === 0 ? error.name : `${error.name} (${details.join(', ')})`;
}
