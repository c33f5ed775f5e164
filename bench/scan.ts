/** `mwaa-trail scan` without the other commands. */
import { runScan } from '../cli/scan.ts';

process.exitCode = await runScan(process.argv.slice(2), process);
