import { writeFile } from 'node:fs/promises';
import { LOCAL_LOG_BUCKET } from '../../local/local-names.ts';
import { createS3Client } from '../../shared/aws/s3.ts';
import { type ObjectRef, objectRef, trailPath } from '../../shared/cloudtrail/object-key.ts';
import { defined } from '../../shared/defined.ts';
import { collectEvidence } from '../../shared/integrity/collect-evidence.ts';
import { verifyEvidence, writeEvidence } from '../../shared/integrity/evidence.ts';
import { listedKeys } from '../../shared/integrity/list-public-keys.ts';
import { givenKeys } from '../../shared/integrity/public-keys.ts';
import type { DeliveredEvent } from '../../shared/store/event-item.ts';
import { getEvent } from '../../shared/store/events-table.ts';
import { type BucketLocation, trailLocation } from '../lib/aws-settings.ts';
import { command, EXIT } from '../lib/command.ts';
import { fileError } from '../lib/file-error.ts';
import { operand, repeated, text, value } from '../lib/options.ts';
import { warn } from '../lib/output.ts';
import { STORE, withStore } from '../lib/stores.ts';
import { givenTime, ZONE } from '../lib/times.ts';
import { printEvidence, readKeys } from '../verify/bundle.ts';

export default command({
  about:
    'Collect the evidence for an event in one file: the event, its log file as CloudTrail delivered it (unredacted), the signed digests and the public keys. verify checks it offline.',
  arguments: { eventId: operand("CloudTrail's eventID") },
  flags: {
    out: value<string>('<file>', 'the file to write; must not exist', (option) => option.makeOptionMandatory()),
    from: value<BucketLocation | undefined>(
      '<s3://bucket[/prefix]>',
      'where CloudTrail delivered the log file, if the event was ingested from a copy',
      (option) => option.argParser(trailLocation),
    ),
    originalBucket: repeated(
      '<name...>',
      'for a replica: the bucket that CloudTrail delivers to, which the digests name',
    ),
    since: text('<time>', 'collect digests back to this time (default: the start of their chain)'),
    publicKeys: text('<file>', 'read the public keys from a file, as for verify, instead of CloudTrail'),
    ...ZONE,
    ...STORE,
  },
  async run({ eventId, ...options }, context) {
    const { from, out, publicKeys, originalBucket: originals = [], store, stack, table } = options;
    const since = givenTime('since', options.since, Date.now(), options);
    // The AWS settings are those of the bucket, too.
    const event = await withStore(defined({ store, stack, table }), context.env, ({ dynamo, tables, now }) =>
      getEvent(dynamo, tables.eventsTable, eventId, now()),
    );
    if (event === undefined) {
      warn(context, 'there is no event with this eventID in the store');
      return EXIT.failed;
    }
    if (event.provisional) {
      warn(context, 'the event is provisional: a log file has to bring it before anything proves it');
      return EXIT.failed;
    }
    if (from === undefined && objectRef(event.logFile).bucket === LOCAL_LOG_BUCKET) {
      warn(
        context,
        'the event was replayed from a file; name the bucket that CloudTrail delivered the file to with --from',
      );
      return EXIT.failed;
    }
    const keys = publicKeys === undefined ? listedKeys(Date.now) : givenKeys(await readKeys(publicKeys));
    const s3 = createS3Client(context.env);
    const evidence = await collectEvidence(event, originOf(event, from), since, { s3, keys, originals }).finally(() =>
      s3.destroy(),
    );
    const text = writeEvidence(evidence);
    await writeFile(out, text, { flag: 'wx', mode: 0o600 }).catch(fileError(out, 'to write a new file'));
    context.err.write(`${out}: contains unredacted text; keep it to those who may see all of the log file\n`);
    return printEvidence(await verifyEvidence(evidence), 'table', true, context);
  },
});

/** Where CloudTrail delivered an event's log file. */
function originOf({ logFile }: DeliveredEvent, origin: BucketLocation | undefined): ObjectRef {
  if (origin === undefined) return objectRef(logFile);
  return { bucket: origin.bucket, key: `${origin.prefix}${trailPath(objectRef(logFile).key)}` };
}
