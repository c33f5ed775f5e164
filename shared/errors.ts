/**
 * An error whose message was written by this project: it names a place and an expectation and holds no record content,
 * so it may be logged, stored in the quarantine and shown. Messages of other errors never are: an AWS SDK error can echo
 * the whole request.
 */
export class TrailError extends Error {
  /** Stable, kebab-case name of what went wrong; for counting and for tests. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    // What Lambda reports as the type of an error; in a bundle the class has another name.
    this.name = code;
    this.code = code;
  }
}

/** `s3://bucket/key`, the way every message names a log file. */
export function s3Uri(object: { bucket: string; key: string }): string {
  return `s3://${object.bucket}/${object.key}`;
}

/** How people know a log file: by the path that they gave, or by its place in S3. */
export function placeOf(object: { bucket: string; key: string; path?: string | undefined }): string {
  return object.path ?? s3Uri(object);
}

/** One line about any error that is safe to log: our own message, or only the name, code and HTTP status of a foreign one. */
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
