import { BOOLEAN_CRITERION_NAMES, flagOf } from '../../../shared/query/criteria-table.ts';
import { shellWord } from '../../../shared/render/shell-word.ts';
import { questionOf } from './criteria.ts';
import { parametersOf, type Question } from './paths.ts';
import type { ConsoleInfo } from './session.tsx';

type Store = Pick<ConsoleInfo, 'storeFlags' | 'environment'>;

/** The command that asks the question of a page on a command line. */
export function queryCommand(params: URLSearchParams, { storeFlags, environment }: Store): string {
  const scope = environment === undefined ? [] : ['--environment', environment];
  const flags = [...questionOf(params)].flatMap(([name, value]) => {
    if ((BOOLEAN_CRITERION_NAMES as readonly string[]).includes(name)) {
      return [value === 'true' ? flagOf(name) : flagOf(name).replace('--', '--no-')];
    }
    return [flagOf(name), value];
  });
  const order = params.get('order') === 'oldest-first' ? ['--oldest-first'] : [];
  return commandLine(['query', ...scope, ...flags, ...order], storeFlags);
}

/** A command with a question as its flags: `['history']` about `[['environment', 'prod-etl']]`. */
export function questionCommand(words: readonly string[], question: Question, { storeFlags }: Store): string {
  const flags = [...parametersOf(question)].flatMap(([name, value]) => [flagOf(name), value]);
  return commandLine([...words, ...flags], storeFlags);
}

/** A command on the store of this console, for a POSIX shell. */
export function commandLine(words: readonly string[], storeFlags: readonly string[]): string {
  return ['mwaa-trail', ...words, ...storeFlags].map(shellWord).join(' ');
}
