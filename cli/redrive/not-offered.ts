/** An SQS that has no such action: SQS itself in some partitions, and the likes of it on a laptop. */
export function isNotOffered(error: unknown): boolean {
  return /InvalidAction|UnknownOperation|UnsupportedOperation|NotImplemented/.test((error as Error).name);
}
