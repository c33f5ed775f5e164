/** A statement of a policy, as JSON has it. */
export interface Statement {
  Effect?: string;
  Principal?: unknown;
  Action?: string | string[];
  Resource?: string | string[];
  Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export interface PolicyDocument {
  Version?: string;
  Statement?: Statement | Statement[];
}

/** @param policy JSON; empty if there is none */
export const readPolicy = (policy: string) => JSON.parse(policy || '{}') as PolicyDocument;

export const statementsOf = (policy: string): Statement[] => [readPolicy(policy).Statement ?? []].flat();

/** Whether a statement covers an action, whatever its effect. */
export function covers({ Action = [] }: Statement, action: string): boolean {
  return [Action].flat().some((pattern) => {
    const text = pattern
      .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.');
    return new RegExp(`^${text}$`, 'i').test(action);
  });
}

/** Whether statements together allow a principal the actions. Conditions and resources are not evaluated. */
export function allows(
  statements: readonly Statement[],
  names: readonly string[],
  actions: readonly string[],
): boolean {
  const ours = statements.filter(({ Effect, Principal }) => Effect === 'Allow' && isAmong(Principal, names));
  return actions.every((action) => ours.some((statement) => covers(statement, action)));
}

function isAmong(principal: unknown, names: readonly string[]): boolean {
  if (principal === '*') return true;
  if (typeof principal !== 'object' || principal === null) return false;
  const all = Object.values(principal as Record<string, string | string[]>).flat();
  return all.some((one) => one === '*' || names.includes(one));
}
