import { shellWord } from '../../shared/render/shell-word.ts';
import { shortPath } from './short-path.ts';

/**
 * The words to call the program with, as it was called, for commands to paste. npm names its script in the environment, or `npx`:
 * npx finds the program where either runs.
 * https://docs.npmjs.com/cli/v11/using-npm/scripts#current-lifecycle-event
 */
export function calledAs(process: Pick<NodeJS.Process, 'argv' | 'env' | 'platform' | 'cwd'>): string {
  const { argv, env, platform } = process;
  if (env.npm_lifecycle_event !== undefined) return 'npx mwaa-trail';
  const [, script = ''] = argv;
  // On Windows, what npm puts on the PATH calls Node with the script.
  if (!script.endsWith('.cjs') || platform === 'win32') return 'mwaa-trail';
  return `node ${shellWord(shortPath(script, process.cwd()))}`;
}
