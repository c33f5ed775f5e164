/**
 * The `mwaa-trail` program, which start.cjs runs. `scan` is used on single files, where starting up is most of the work:
 * nothing else is loaded for it, not even the standard streams, before it asks for them.
 */
import { runScan } from './commands/scan.ts';

const [command, ...args] = process.argv.slice(2);

async function run(): Promise<number> {
  if (command === 'scan') return runScan(args, process);
  return (await import('./program.ts')).runProgram(process.argv, process.env);
}

void run().then((exitCode) => {
  process.exitCode = exitCode;
});
