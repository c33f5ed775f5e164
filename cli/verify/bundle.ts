import { readFile, writeFile } from 'node:fs/promises';
import { createS3Client } from '../../shared/aws/s3.ts';
import { trailPath } from '../../shared/cloudtrail/object-key.ts';
import type { Environment } from '../../shared/config.ts';
import { TrailError } from '../../shared/errors.ts';
import { collectEvidence } from '../../shared/integrity/collect-evidence.ts';
import { type EvidenceReport, readEvidence, verifyEvidence, writeEvidence } from '../../shared/integrity/evidence.ts';
import { listedKeys } from '../../shared/integrity/list-public-keys.ts';
import { givenKeys } from '../../shared/integrity/public-keys.ts';
import { timeCriterion } from '../../shared/query/criteria.ts';
import { evidenceJson, evidenceText } from '../../shared/render/evidence.ts';
import type { DeliveredEvent } from '../../shared/store/event-item.ts';
import { getEvent } from '../../shared/store/events-table.ts';
import { bucketAndPrefix } from '../lib/bucket-and-prefix.ts';
import { EXIT } from '../lib/exit.ts';
import { withStore } from '../lib/store-options.ts';
import { zoneOf } from '../lib/view-options.ts';
import { writeOut } from '../lib/write-out.ts';
import { type EvidenceOptions, readKeys, type VerifyOptions } from './arguments.ts';

/**
 * Collects the evidence for an event into a file.
 * @param usage ends the command with what is wrong with its options
 * @returns the exit code
 */
export async function collect(
  eventId: string,
  options: EvidenceOptions,
  env: Environment,
  usage: (problem: string) => never,
): Promise<number> {
  const { since: age, from, out, publicKeys, originalBucket: originals = [] } = options;
  const since = age === undefined ? undefined : timeCriterion('since', age, Date.now(), zoneOf(options));
  const origin =
    from === undefined
      ? undefined
      : (bucketAndPrefix(from, (problem) => usage(`--from: ${problem}`)) ??
        usage('--from: expected s3://BUCKET or s3://BUCKET/PREFIX'));
  const event = await withStore(options, env, ({ dynamo, tables, now }) =>
    getEvent(dynamo, tables.eventsTable, eventId, now()),
  );
  if (event === undefined) {
    process.stderr.write('mwaa-trail: there is no event with this eventID in the store\n');
    return EXIT.failed;
  }
  if (event.provisional) {
    process.stderr.write('mwaa-trail: the event is provisional: nothing proves it before a log file brings it\n');
    return EXIT.failed;
  }
  const keys = publicKeys === undefined ? listedKeys(Date.now) : givenKeys(await readKeys(publicKeys));
  const s3 = createS3Client(env);
  const evidence = await collectEvidence(event, placeOf(event, origin), since, { s3, keys, originals }).finally(() =>
    s3.destroy(),
  );
  await writeNew(out, writeEvidence(evidence));
  process.stderr.write(`${out}: contains unredacted text; keep it to those who may see all of the log file\n`);
  return report(await verifyEvidence(evidence), 'table', true);
}

/** Verifies a bundle of evidence. @returns the exit code */
export async function verifyBundleFile(file: string, { publicKeys, format }: VerifyOptions): Promise<number> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new TrailError('file', `${file}: expected s3://BUCKET, or a bundle of evidence (${cause.code})`, { cause });
  });
  const trusted = publicKeys === undefined ? undefined : givenKeys(await readKeys(publicKeys));
  return report(await verifyEvidence(readEvidence(text), trusted), format, trusted === undefined);
}

async function report(result: EvidenceReport, format: 'table' | 'json', ownKeys: boolean): Promise<number> {
  await writeOut(format === 'json' ? evidenceJson(result) : evidenceText(result, ownKeys));
  return result.problems.length === 0 ? EXIT.done : EXIT.failed;
}

/** Where CloudTrail delivered an event's log file. */
function placeOf({ logFile }: DeliveredEvent, origin: { bucket: string; prefix: string } | undefined) {
  const slash = logFile.indexOf('/');
  const [bucket, key] = [logFile.slice(0, slash), logFile.slice(slash + 1)];
  return origin === undefined ? { bucket, key } : { bucket: origin.bucket, key: `${origin.prefix}${trailPath(key)}` };
}

async function writeNew(file: string, text: string): Promise<void> {
  await writeFile(file, text, { flag: 'wx', mode: 0o600 }).catch((cause: NodeJS.ErrnoException) => {
    throw new TrailError('file', `${file}: expected to write a new file (${cause.code})`, { cause });
  });
}
