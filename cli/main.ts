/**
 * The `mwaa-trail` program, which start.cjs runs. Start-up is most of the work of `scan`, so only what `scan` needs is loaded
 * for it; even the standard streams are opened late.
 */
import { readScan, runScan } from './scan/scan.ts';

const [command, ...args] = process.argv.slice(2);

async function run(): Promise<number> {
  const scan = command === 'scan' ? readScan(args) : undefined;
  if (scan !== undefined) return runScan(scan, process);
  // The reader of the output may stop early (`| head`).
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
  const { calledAs, runProgram } = await import('./program.ts');
  const { env, stdout: out, stderr: err } = process;
  return runProgram(process.argv.slice(2), { env, program: calledAs(process), out, err, interrupt });
}

function interrupt(): AbortSignal {
  const controller = new AbortController();
  const names = ['SIGINT', 'SIGTERM'] as const;
  const abort = () => {
    for (const name of names) process.off(name, abort);
    controller.abort();
  };
  for (const name of names) process.on(name, abort);
  return controller.signal;
}

void run().then((exitCode) => {
  process.exitCode = exitCode;
});
