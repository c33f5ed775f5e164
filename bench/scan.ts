/** `mwaa-trail scan` without the other commands. */
import { runScan } from '../cli/commands/scan.ts';

void runScan(process.argv.slice(2), process).then((status) => {
  process.exitCode = status;
});
