#!/usr/bin/env node
/**
 * The `mwaa-trail` program. `scan` is used on single files, where starting up is most of the work: it is dispatched before
 * anything else is loaded.
 */
// Whoever reads the output may stop early (`| head`); what was wanted is done.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

const [command, ...args] = process.argv.slice(2);
process.exitCode =
  command === 'scan'
    ? await (await import('./scan.ts')).runScan(args, process)
    : await (await import('./program.ts')).runProgram(process.argv, process.env);
