import { packageRoot } from '../../local/table-definitions.ts';

/**
 * How to call the program from a folder. Only in the checkout itself `npx` finds it there; elsewhere npx would ask the npm
 * registry for a package of this name, and run what it gets.
 */
export function invocation(folder: string): string {
  return folder === packageRoot() ? 'npx mwaa-trail' : 'mwaa-trail';
}
