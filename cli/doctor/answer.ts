/**
 * What came of asking AWS something. `missing`: AWS says that there is none. `unknown`: why it could not be found out;
 * `needs` is the IAM action that would be needed to.
 */
export type Answer<T> = { known: T } | { missing: true } | Unknown;

export interface Unknown {
  unknown: string;
  needs?: string;
}

const DENIED = /AccessDenied|AuthorizationError|Unauthorized|NotAuthorized|Forbidden/;
const MISSING = /NotFound|NonExistent|DoesNotExist|NoSuch/;

/**
 * Asks; a refusal, or a failure, is an answer too.
 * @param action the IAM action that the request needs
 */
export async function ask<T>(action: string, request: () => Promise<T>): Promise<Answer<T>> {
  try {
    return { known: await request() };
  } catch (error) {
    return answerOfError(action, error);
  }
}

/** Asks for what needs the answer to something else: without that, there is no other answer than to it. */
export async function askWith<T, U>(before: Answer<T>, next: (value: T) => Promise<Answer<U>>): Promise<Answer<U>> {
  return 'known' in before ? next(before.known) : before;
}

/** The value, when it is known. */
export function known<T>(answer: Answer<T> | undefined): T | undefined {
  return answer && 'known' in answer ? answer.known : undefined;
}

function answerOfError(action: string, error: unknown): Answer<never> {
  const { name = '', $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode;
  if (DENIED.test(name) || status === 403) return { unknown: 'access denied', needs: action };
  if (MISSING.test(name) || status === 404) return { missing: true };
  return { unknown: `${action.split(':')[1]} failed: ${name}${status === undefined ? '' : ` (HTTP ${status})`}` };
}
