/** A bug: the text of a source file is replaced, and these tests must fail. */
export interface Bug {
  name: string;
  file: string;
  /** Stands in the file exactly once. */
  find: string;
  replace: string;
  /** Part of the path of a test file, and a pattern for the names of its tests. */
  tests: string;
  only: string;
}

const HANDLER = 'functions/ingest-handler.ts';
const PIPELINE = 'shared/ingest/ingest-log-file.ts';
const STORAGE = 'shared/ingest/store-records.ts';
const EVENTS = 'shared/store/events-table.ts';
const OPEN = 'shared/aws/open-object.ts';
const GUNZIP = 'shared/log-file/gunzip.ts';

const NOTIFICATIONS = 'faults/notifications';
const READING = 'faults/reading';
const WRITING = 'faults/writing';
const BAD_INPUT = 'faults/bad-input';
const INTEGRITY = 'integrity/verify-bucket';

export const BUGS: readonly Bug[] = [
  {
    name: 'a message is acknowledged before its events are written',
    file: HANDLER,
    find: 'const failures = await ingestAnnounced(announcement,',
    replace: 'const failures: string[] = [];\n      void ingestAnnounced(announcement,',
    tests: NOTIFICATIONS,
    only: 'N1',
  },
  {
    name: 'a failed message is not reported',
    file: HANDLER,
    find: 'batchItemFailures: [...undone].map(',
    replace: 'batchItemFailures: [...undone].slice(1).map(',
    tests: NOTIFICATIONS,
    only: 'N3|N4',
  },
  {
    name: 'the answer has an empty itemIdentifier',
    file: HANDLER,
    find: '(itemIdentifier) => ({ itemIdentifier })',
    replace: "() => ({ itemIdentifier: '' })",
    tests: NOTIFICATIONS,
    only: 'N4',
  },
  {
    name: 'the files after one that failed are not tried',
    file: HANDLER,
    find: '        failures.push(',
    replace: '        throw error; failures.push(',
    tests: NOTIFICATIONS,
    only: 'N5',
  },
  {
    name: '403 is acknowledged',
    file: HANDLER,
    find: '        failures.push(',
    replace: '        if (error.$metadata?.httpStatusCode !== 403) failures.push(',
    tests: READING,
    only: 'S7 403',
  },
  {
    name: 'an invocation that hangs is ended by its time-out',
    file: HANDLER,
    find: 'await Promise.race([work, lastAnswer]);',
    replace: 'await work;',
    tests: WRITING,
    only: 'L2 an invocation',
  },
  {
    name: 'a notification of unknown shape is nothing to do',
    file: 'shared/delivery/read-delivery.ts',
    find: "  throw new DeliveryError(\n    'unknown-notification',\n    `notification: expected one of",
    replace:
      "  return announcesNothing('s3-test-event');\n  throw new DeliveryError(\n    'unknown-notification',\n    `notification: expected one of",
    tests: BAD_INPUT,
    only: 'unknown shape',
  },
  {
    name: 'a missing object is acknowledged silently',
    file: PIPELINE,
    find: '      return quarantineLogFile(job, state, failure, deps);',
    replace:
      "      if (failure.code === 'object-missing') return { report: { bucket: job.ref.bucket, key: job.ref.key, outcome: 'skipped', reason: 'folder-marker' } };\n      return quarantineLogFile(job, state, failure, deps);",
    tests: READING,
    only: 'S7 404 forever',
  },
  {
    name: 'a transfer that was bad once is quarantined at once',
    file: 'shared/ingest/failure.ts',
    find: "return !isSecondOpinion && !error.code.endsWith('-cap');",
    replace: 'return false;',
    tests: READING,
    only: 'S6',
  },
  {
    name: 'the Region of a bucket is forgotten',
    file: 'shared/aws/bucket-regions.ts',
    find: 'return await next(args);',
    replace: 'return await next(args).finally(() => regions.delete(bucket));',
    tests: 'aws/bucket-regions',
    only: 'remembers it',
  },
  {
    name: 'SQS is to know itself where dead letters come from',
    file: 'cli/redrive/move-messages.ts',
    find: ', DestinationArn: to.arn',
    replace: '',
    tests: 'cli/redrive',
    only: 'a move task that completes',
  },
  {
    name: 'whatever fails is quarantined',
    file: 'shared/ingest/failure.ts',
    find: "return isRefused(error) ? 'fatal' : 'retry';",
    replace: "return 'quarantine';",
    tests: READING,
    only: 'S1 503 forever',
  },
  {
    name: 'the ledger is written before the events',
    file: PIPELINE,
    find: '  const storage = recordStorage(',
    replace:
      "  const early = { ...entryOf(job, etag, deps), recordsRead: 0, eventsStored: 0, eventsKnown: 0, recordsFiltered: 0, recordsQuarantined: 0, compressedBytes: 0, uncompressedBytes: 0 };\n  await writeLedger(deps.dynamo, deps.config, { entry: { ...early, state: 'ingested' }, before, seen: noEnvironments() });\n  const storage = recordStorage(",
    tests: WRITING,
    only: 'half of all writes',
  },
  {
    name: 'a file that was done in another state is not read again',
    file: PIPELINE,
    find: 'if (done && done.etag === job.ref.etag) return {',
    replace: 'if (done) return {',
    tests: NOTIFICATIONS,
    only: 'N2',
  },
  {
    name: 'the second reading may be of another state',
    file: PIPELINE,
    find: 'const { body } = await source.open({ ifMatch: etag, expectedOwner: job.expectedOwner,',
    replace: 'const { body } = await source.open({ expectedOwner: job.expectedOwner,',
    tests: NOTIFICATIONS,
    only: 'N2',
  },
  {
    name: 'the environments are not written',
    file: PIPELINE,
    find: 'compressedBytes, uncompressedBytes }, before, seen },',
    replace: 'compressedBytes, uncompressedBytes }, before, seen: noEnvironments() },',
    tests: NOTIFICATIONS,
    only: 'N1',
  },
  {
    name: 'the counts are not checked',
    file: STORAGE,
    find: 'if (stored + known + skipped + quarantined !== recordsKept + recordsBad)',
    replace: 'if (false)',
    tests: WRITING,
    only: 'L2 counts',
  },
  {
    name: 'the checkpoint is off by one',
    file: STORAGE,
    find: 'done.nextRecord = slice.at(-1)!.index + 1;',
    replace: 'done.nextRecord = slice.at(-1)!.index + 2;',
    tests: WRITING,
    only: 'L2 no time',
  },
  {
    name: 'a time that is spent is ignored',
    file: STORAGE,
    find: 'if (time.isSpent()) throw new OutOfTime',
    replace: 'if (false) throw new OutOfTime',
    tests: WRITING,
    only: 'L2 no time',
  },
  {
    name: 'a failed write to the quarantine is swallowed',
    file: STORAGE,
    find: 'store.quarantineRecord(quarantineBucketOf(settings.config, about), bytes, about);',
    replace: 'store.quarantineRecord(quarantineBucketOf(settings.config, about), bytes, about).catch(() => {});',
    tests: WRITING,
    only: 'L4',
  },
  {
    name: 'an item that DynamoDB refuses fails its file',
    file: STORAGE,
    find: "if ((error as Error).name === 'ValidationException') return 'refused';",
    replace: '',
    tests: WRITING,
    only: 'W5',
  },
  {
    name: 'the put has no condition',
    file: EVENTS,
    find: "ConditionExpression: 'attribute_not_exists(eventId)'",
    replace: '',
    tests: WRITING,
    only: 'W7',
  },
  {
    name: 'other content under the same eventID is taken for known',
    file: EVENTS,
    find: "return { outcome: 'conflict' };",
    replace: "return { outcome: 'duplicate' };",
    tests: WRITING,
    only: 'W7',
  },
  {
    name: 'a put that had been applied is taken for a conflict',
    file: EVENTS,
    find: "&& !isAddendum(arrived)) return { outcome: 'duplicate' };",
    replace: "&& !isAddendum(arrived)) return { outcome: 'conflict' };",
    tests: WRITING,
    only: 'W2 the first answer',
  },
  {
    name: 'an addendum loses',
    file: EVENTS,
    find: "(version) => (isAddendum(version) ? '1' : '0'),",
    replace: "(version) => (isAddendum(version) ? '0' : '1'),",
    tests: NOTIFICATIONS,
    only: 'N1',
  },
  {
    name: "a provisional copy stays when a log file's record comes",
    file: EVENTS,
    find: "if (isProvisional(stored)) return { outcome: 'stored', put: incoming };",
    replace: "if (isProvisional(stored)) return { outcome: 'duplicate' };",
    tests: 'store/contract',
    only: 'provisional',
  },
  {
    name: 'a record that is too big for an item is put all the same',
    file: 'shared/store/event-item.ts',
    find: 'if (itemSize(item) <= MAX_ITEM_BYTES) return item;',
    replace: 'return item;',
    tests: BAD_INPUT,
    only: 'too big for an item',
  },
  {
    name: 'redaction is skipped',
    file: 'shared/audit-event/to-audit-event.ts',
    find: 'const { text: record, redacted } = redactRecord(text, tree);',
    replace: 'const { text: record, redacted } = { ...redactRecord(text, tree), text };',
    tests: NOTIFICATIONS,
    only: 'N1',
  },
  {
    name: 'the last record of a batch is dropped',
    file: 'shared/log-file/read-log-file.ts',
    find: '    this.counts.recordsKept += batch.kept.length;',
    replace: '    if (batch.kept.length > 1) batch.kept.pop();\n    this.counts.recordsKept += batch.kept.length;',
    tests: NOTIFICATIONS,
    only: 'N1',
  },
  {
    name: 'a transfer is resumed without If-Match',
    file: OPEN,
    find: '{ IfMatch: ETag, Range:',
    replace: '{ Range:',
    tests: READING,
    only: 'S3',
  },
  {
    name: 'an answer that ignores Range is taken for the rest',
    file: OPEN,
    find: 'if (response.ContentRange?.startsWith(',
    replace: 'if (response.Body || response.ContentRange?.startsWith(',
    tests: READING,
    only: 'S2 the server',
  },
  {
    name: 'a transfer is resumed a byte too late',
    file: OPEN,
    find: 'offset += chunk.length;',
    replace: 'offset += chunk.length + (offset === 0 ? 1 : 0);',
    tests: READING,
    only: 'S2 a body that is cut by',
  },
  {
    name: 'a truncated file is taken for a whole one',
    file: GUNZIP,
    find: 'if (outcome === TRUNCATED) throw truncated(file);',
    replace: 'if (outcome === TRUNCATED) return;',
    // Of a log file, the second opinion would find it.
    tests: 'log-file/gunzip',
    only: 'files cut short',
  },
  {
    name: 'a missing trailer is overlooked',
    file: GUNZIP,
    find: 'if (littleEndian(await file.take(4)) !== checksum)',
    replace: 'if (!(await file.has(8))) return;\n  if (littleEndian(await file.take(4)) !== checksum)',
    tests: BAD_INPUT,
    only: 'without its trailer',
  },
  {
    name: 'a wrong checksum is ignored',
    file: GUNZIP,
    find: "if (littleEndian(await file.take(4)) !== checksum) throw corrupt(file, 'the checksum of the text');",
    replace: 'await file.take(4);',
    tests: BAD_INPUT,
    only: 'a wrong checksum',
  },
  {
    name: 'bytes after the last member are ignored',
    file: GUNZIP,
    find: '      expectZeros(file.unread, file.offset);\n',
    replace: '',
    tests: BAD_INPUT,
    only: 'after zeros',
  },
  {
    name: 'an unprocessed item of a batch is forgotten',
    file: 'shared/store/ledger-writer.ts',
    find: 'return new Set(UnprocessedItems?.[table]?.map(',
    replace: 'return new Set(UnprocessedItems?.[table]?.slice(1).map(',
    tests: 'faults/backfill',
    only: 'W3',
  },
  {
    name: 'the ledger entries of a group count as written when they are not',
    file: 'shared/store/ledger-writer.ts',
    find: 'await writeEntries(this.dynamo, logFilesTable, updates, sleep);',
    replace: 'await writeEntries(this.dynamo, logFilesTable, updates, sleep).catch(() => {});',
    tests: 'faults/backfill',
    only: 'the ledger cannot be written',
  },
  {
    name: 'any signature of a digest is right',
    file: 'shared/integrity/examine-digest.ts',
    find: "return verify('sha256',",
    replace: "return true || verify('sha256',",
    tests: INTEGRITY,
    only: 'an edited digest',
  },
  {
    name: 'what a digest says of a log file is not compared',
    file: 'shared/integrity/log-file-hash.ts',
    find: "if (reading.hash.digest('hex') !== sha256.toLowerCase()) {",
    replace: "if (reading.hash.digest('hex') === '') {",
    tests: INTEGRITY,
    only: 'an edited log file',
  },
  {
    name: 'log files that no digest names are overlooked',
    file: 'shared/integrity/unreferenced-log-files.ts',
    find: 'if (readLogFileKey(key) !== undefined) this.files.set(key, storedAt);',
    replace: 'void storedAt;',
    tests: INTEGRITY,
    only: 'a log file that no digest names',
  },
  {
    name: 'what was ingested differently is said to be verified',
    file: 'shared/store/ledger-entry.ts',
    find: "if (ingested.some((hash) => hash !== signedSha256)) return 'failed';",
    replace: '',
    tests: 'functions/verify',
    only: 'changed before it was ingested',
  },
];
