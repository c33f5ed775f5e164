import { nearestNames } from '../../shared/query/near-names.ts';

/** What other tools, or people, call our flags. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  ...{ who: 'user', person: 'user', what: 'action', operation: 'event-name', write: 'changes', output: 'format' },
  ...{ dag: 'target', connection: 'target', variable: 'target', pool: 'target', status: 'outcome', result: 'outcome' },
  ...{ ip: 'source-ip', address: 'source-ip', parameter: 'param', from: 'since', start: 'since', last: 'since' },
  ...{ to: 'until', end: 'until' },
};

/**
 * Completes commander's message about an unknown flag with the flags that it may have meant; other messages stay.
 * @param flags the flags of the command, such as `--since`
 */
export function withNearFlags(message: string, flags: readonly string[]): string {
  const [, given] = /unknown option '--([^'=]+)/.exec(message) ?? [];
  if (given === undefined) return message;
  const names = flags.map((flag) => flag.slice(2));
  const { [given]: other = '' } = OTHER_NAMES;
  const near = names.includes(other) ? [other] : nearestNames(given, names);
  const named = near.map((name) => `--${name}`).join(' or ');
  return near.length === 0 ? message : `${message.trimEnd()}\n(Did you mean ${named}?)\n`;
}
