/**
 * Whether a message passes the filter policy of a subscription whose scope is the message's body, for the operators that the
 * stack's filter has: https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
 * @throws at an operator that is not known here
 */
export function passesFilter(policy: object, message: string): boolean {
  let body: unknown;
  try {
    body = JSON.parse(message);
  } catch {
    return false;
  }
  return fits(policy as Policy, body);
}

interface Policy {
  [name: string]: Policy | Policy[] | Condition[];
}
type Condition = string | { exists: boolean };

function fits(policy: Policy, body: unknown): boolean {
  // Of a list, one element is enough.
  if (Array.isArray(body)) return body.some((element) => fits(policy, element));
  return Object.entries(policy).every(([name, expected]) => {
    if (name === '$or') return (expected as Policy[]).some((alternative) => fits(alternative, body));
    const value = typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined;
    if (!Array.isArray(expected)) return value !== undefined && fits(expected, value);
    return (expected as Condition[]).some((condition) => holds(condition, value));
  });
}

function holds(condition: Condition, value: unknown): boolean {
  if (typeof condition === 'string') return [value].flat().includes(condition);
  if (Object.keys(condition).join() === 'exists') return condition.exists === (value !== undefined);
  throw new Error(`no operator ${JSON.stringify(condition)}`);
}

/** The names in a filter policy that have values, of which SNS allows five. */
export function keysOf(policy: object): string[] {
  return Object.entries(policy as Policy).flatMap(([name, expected]) => {
    if (name === '$or') return (expected as Policy[]).flatMap(keysOf);
    return Array.isArray(expected) ? [name] : keysOf(expected);
  });
}
