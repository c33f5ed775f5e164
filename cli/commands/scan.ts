import { DEFAULT_EVENT_SOURCES } from '../../shared/config.ts';
import { command } from '../lib/command.ts';
import { operand, repeated, toggle } from '../lib/options.ts';
import { runScan } from '../scan/scan.ts';

/** main.ts runs what `readScan` understands; this explains everything else. */
export default command({
  about:
    'Print the Amazon MWAA records of a CloudTrail log file, one per line, in file order. It also reads output of aws cloudtrail ' +
    'lookup-events (JSON or text), and records in a list or one per line.',
  arguments: { file: operand('a log file (.json, .json.gz); - for standard input') },
  flags: {
    eventSource: repeated(
      '<source>',
      `print the records of this event source instead; may be repeated (default: ${DEFAULT_EVENT_SOURCES.join(', ')})`,
    ),
    count: toggle('print only the number of records'),
  },
  notes:
    'If a file proves invalid at its end, some lines may already be printed: do not trust them if the exit code is 1. The exit ' +
    'code is 0 if the file is valid, with or without such records; 1 if it, or a record in it, is invalid or cannot be read; ' +
    '2 for a usage error.',
  run: ({ file, eventSource: eventSources = DEFAULT_EVENT_SOURCES, count = false }, { out, err }) =>
    runScan({ file, eventSources, count }, { stdin: process.stdin, stdout: out, stderr: err }),
});
