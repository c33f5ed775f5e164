import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { answerQuestion, openQuestion } from '../../shared/query/ask.ts';
import type { Criteria } from '../../shared/query/criteria-table.ts';
import {
  listDays,
  listEnvironments,
  noEnvironments,
  noteEvent,
  writeEnvironments,
} from '../../shared/store/environments-table.ts';
import { toEventItem } from '../../shared/store/event-item.ts';
import { getEvent, putEvent } from '../../shared/store/events-table.ts';
import type { Item } from '../../shared/store/item.ts';
import { listProblems, listWatermarks, readLedger } from '../../shared/store/ledger.ts';
import { type IngestedEntry, type LedgerEntry, NO_COUNTS, toLedgerItem } from '../../shared/store/ledger-entry.ts';
import { noteFailure, writeVerification } from '../../shared/store/ledger-writer.ts';
import { SCHEMA_VERSION } from '../../shared/store/schema-version.ts';
import { type HashesOfHour, hashesByHour, readSigned, writeSigned } from '../../shared/store/signed-hashes.ts';
import { listStatusChanges, listStatuses, writeStatusChange } from '../../shared/store/status-changes.ts';
import { BAD_INPUTS } from '../faults/bad-inputs.ts';
import { dynamoImplementations, dynoxideProgram, startDynoxide } from '../support/dynoxide.ts';
import { EVENT } from '../support/event-arbitrary.ts';
import { type ExpectedEvent, generateEvents } from '../support/generate-records.ts';
import { useServers } from '../support/servers.ts';
import {
  createWorld,
  dumpTable,
  logFileKey,
  NOW,
  putLogFile,
  putObject,
  s3Event,
  sqsEvent,
  type World,
  writeLedger,
} from '../support/world.ts';

const program = dynoxideProgram();

const shared = useServers();

if (program === undefined) {
  test.skip(`the second DynamoDB has no package for ${process.platform}-${process.arch}`, () => {});
}

describe.each(dynamoImplementations(shared.dynamo))('the store on $name', ({ start }) => {
  let dynamo: Awaited<ReturnType<typeof start>>;
  let world: World;

  beforeAll(async () => {
    dynamo = await start();
  }, 60_000);
  afterAll(() => dynamo.stop());
  beforeEach(async () => {
    world = await createWorld({ ...shared, dynamo });
  }, 30_000);

  const itemOf = (contentHash: string, more: object = {}): Item =>
    toEventItem({ ...EVENT, contentHash, record: JSON.stringify(contentHash), ...more }, { ingestedAt: 'now' });
  const put = (item: Item) => putEvent(world.dynamo, world.deps.config.eventsTable, item);
  const events = () => dumpTable(world.dynamo, world.deps.config.eventsTable);

  test('an event is stored once; the same again is known, another one a conflict', async () => {
    expect(await put(itemOf('a'))).toBe('stored');
    const [before] = await events();
    expect(await put(itemOf('a', { logFile: 'another' }))).toBe('duplicate');
    expect(await put(itemOf('b'))).toBe('conflict');
    expect(await events()).toEqual([before]);
  });

  test('of many writers at the same time one stores it', async () => {
    const outcomes = await Promise.all(Array.from({ length: 16 }, () => put(itemOf('a'))));
    expect(outcomes.filter((outcome) => outcome === 'stored')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'duplicate')).toHaveLength(15);
  });

  test.each([
    ['before', ['addendum', 'original']],
    ['after', ['original', 'addendum']],
  ])('an addendum that comes %s its original wins', async (_, order) => {
    const items: Readonly<Record<string, Item>> = {
      original: itemOf('original'),
      addendum: itemOf('addendum', { flags: ['addendum'] }),
    };
    const outcomes = [];
    for (const name of [...order, ...order]) outcomes.push(await put(items[name]!));
    expect(outcomes).toEqual(['stored', 'amended', 'duplicate', 'duplicate']);
    expect(await put(itemOf('second addendum', { flags: ['addendum'] }))).toBe('amended');
    expect(await put(itemOf('another original'))).toBe('conflict');
    for (const name of order) expect(await put(items[name]!)).toBe('duplicate');
    const stored = await getEvent(world.dynamo, world.deps.config.eventsTable, EVENT.eventId, NOW);
    expect(stored).toMatchObject({
      record: '"second addendum"',
      previousVersions: [{ record: '"addendum"' }, { record: '"original"' }],
    });
  });

  const provisional = (contentHash: string) =>
    itemOf(contentHash, { logFile: undefined, recordIndex: undefined, provisional: true });

  test("a log file's record takes the place of a provisional copy, however that is written, and is never replaced by one", async () => {
    expect(await put(provisional('copy'))).toBe('stored');
    expect(await put(provisional('another copy'))).toBe('duplicate');
    expect(await put(itemOf('record'))).toBe('stored');
    expect(await put(provisional('copy'))).toBe('duplicate');
    expect(await put(itemOf('other'))).toBe('conflict');
    expect(await events()).toEqual([itemOf('record')]);
  });

  test('of many writers at the same time, provisional ones among them, the log file wins and one stores it', async () => {
    const items = Array.from({ length: 16 }, (_, i) => (i % 2 === 0 ? provisional(`copy ${i}`) : itemOf('record')));
    const outcomes = await Promise.all(items.map(put));
    expect(await events()).toEqual([itemOf('record')]);
    const byLogFiles = outcomes.filter((_, i) => i % 2 === 1);
    expect(byLogFiles.filter((outcome) => outcome === 'stored')).toHaveLength(1);
    expect(byLogFiles.filter((outcome) => outcome === 'duplicate')).toHaveLength(7);
    expect(outcomes).not.toContain('conflict');
  });

  test('of many addenda at the same time none is lost', async () => {
    const names = ['a', 'b', 'c', 'd'];
    const outcomes = await Promise.all([
      put(itemOf('original')),
      ...names.map((name) => put(itemOf(name, { flags: ['addendum'] }))),
    ]);
    expect(outcomes.filter((outcome) => outcome === 'amended')).toHaveLength(4);
    const { previousVersions = [], record } = (await getEvent(
      world.dynamo,
      world.deps.config.eventsTable,
      EVENT.eventId,
      NOW,
    ))!;
    expect([record, ...previousVersions.map((version) => version.record)]).toEqual(
      ['d', 'c', 'b', 'a', 'original'].map((name) => JSON.stringify(name)),
    );
  });

  test('an event that has expired is not found', async () => {
    const { eventsTable } = world.deps.config;
    await put({ ...itemOf('a'), expiresAt: { N: String(NOW / 1000) } });
    expect(await getEvent(world.dynamo, eventsTable, EVENT.eventId, NOW)).toBeUndefined();
    expect(await getEvent(world.dynamo, eventsTable, EVENT.eventId, NOW - 1)).toMatchObject({ eventId: EVENT.eventId });
  });

  test('status changes: in any order, one item each, and the status is the newest', async () => {
    const table = world.deps.config.environmentsTable;
    const change = (id: string, time: string, more: object = {}) => ({
      ...{ id, time: `2026-11-06T${time}.000Z`, environment: 'prod', accountId: '1', region: 'r', status: id, ...more },
    });
    const changes = [
      change('UPDATING', '02:00:00', { updateStatus: 'PENDING' }),
      change('UPDATE_FAILED', '02:30:00', {
        errorCode: 'C',
        errorMessage: 'M',
        updateCreatedAt: 'x',
        updateSource: 'y',
      }),
      change('AVAILABLE', '01:00:00'),
      change('DELETED', '01:30:00', { region: 'other' }),
      change('CREATING', '01:00:00', { environment: 'prod-2' }),
    ];
    const written = await Promise.all(
      [...changes, ...changes].map((one) => writeStatusChange(world.dynamo, table, one, undefined)),
    );
    expect(written.filter((isNew) => isNew)).toHaveLength(changes.length);
    const stored = await listStatusChanges(world.dynamo, table, 'prod', NOW);
    expect(stored).toEqual([changes[2], changes[3], changes[0], changes[1]]);
    expect(await listStatuses(world.dynamo, table)).toEqual(
      [changes[3]!, changes[1]!, changes[4]!].map(({ environment, accountId, region, time, status }) => {
        return { environment, accountId, region, time, status };
      }),
    );
    expect(await listEnvironments(world.dynamo, table)).toEqual([]);
    expect(await listDays(world.dynamo, table)).toEqual([]);
  });

  test('a status change expires, and the status stays', async () => {
    const table = world.deps.config.environmentsTable;
    const place = { environment: 'e'.repeat(5_000), accountId: '1', region: 'r' };
    const change = { id: 'i'.repeat(5_000), time: '2026-11-06T00:00:00.000Z', status: 'AVAILABLE', ...place };
    await writeStatusChange(world.dynamo, table, change, 2);
    const end = Date.parse('2026-11-08T00:00:00Z');
    expect(await listStatusChanges(world.dynamo, table, place.environment, end - 1)).toMatchObject([{ id: change.id }]);
    expect(await listStatusChanges(world.dynamo, table, place.environment, end)).toEqual([]);
    expect(await listStatuses(world.dynamo, table)).toMatchObject([{ status: 'AVAILABLE' }]);
  });

  const entry = (name: string, more: Partial<IngestedEntry> = {}): IngestedEntry => ({
    bucket: 'bucket',
    key: name,
    state: 'ingested',
    etag: 'e',
    ...NO_COUNTS,
    compressedBytes: 1,
    uncompressedBytes: 2,
    eventSources: ['airflow.amazonaws.com'],
    schemaVersion: SCHEMA_VERSION,
    deliveryDay: '2026-11-02',
    account: '111122223333',
    region: 'eu-west-1',
    ingestedAt: 'now',
    ...more,
  });

  const write = (entry: LedgerEntry) =>
    writeLedger(world.dynamo, world.deps.config, { entry, before: undefined, seen: noEnvironments() });

  test('the ledger: a failure is noted only while there is no entry, and a checkpoint is read as it was written', async () => {
    const { logFilesTable } = world.deps.config;
    const { dynamo } = world;
    await noteFailure(dynamo, logFilesTable, entry('f'), 'first');
    await noteFailure(dynamo, logFilesTable, entry('f'), 'second');
    expect(await readLedger(dynamo, logFilesTable, entry('f'))).toBeUndefined();
    expect(await listProblems(dynamo, logFilesTable, {}, 10)).toMatchObject([{ state: 'failed', reason: 'second' }]);
    const checkpoint = { nextRecord: 7, stored: 3, known: 2, skipped: 1, quarantined: 1 };
    await write({ ...entry('f'), state: 'partial', checkpoint });
    await noteFailure(dynamo, logFilesTable, entry('f'), 'third');
    expect(await readLedger(dynamo, logFilesTable, entry('f'))).toMatchObject({ state: 'partial', checkpoint });
    await write(entry('f', { recordsRead: 9, eventsStored: 9 }));
    await noteFailure(dynamo, logFilesTable, entry('f'), 'fourth');
    expect(await readLedger(dynamo, logFilesTable, entry('f'))).toEqual(
      entry('f', { recordsRead: 9, eventsStored: 9, revision: 2 }),
    );
    expect(await listProblems(dynamo, logFilesTable, {}, 10)).toEqual([]);
  });

  test('the ledger: an entry of a version that counted no revisions is verified, and discarded from', async () => {
    const { logFilesTable } = world.deps.config;
    const { dynamo } = world;
    const { revision: _, ...item } = toLedgerItem(entry('old', { sha256: 'a' }));
    await dynamo.send(new PutItemCommand({ TableName: logFilesTable, Item: item }));
    const signed = { signedSha256: 'a', verifiedBy: 'digest', verifiedAt: 'now' };
    const before = (await readLedger(dynamo, logFilesTable, entry('old')))!;
    expect(await writeVerification(dynamo, logFilesTable, before, signed)).toBe('verified');
    expect(await writeVerification(dynamo, logFilesTable, before, signed)).toBeUndefined();
    expect(await readLedger(dynamo, logFilesTable, entry('old'))).toMatchObject({ ...signed, revision: 1 });
  });

  test('the ledger: what digests say of log files is read as it was noted, and nothing is noted that is too much', async () => {
    const { logFilesTable } = world.deps.config;
    const { dynamo } = world;
    const nameOf = (time: string, name: string) => `logs/${logFileKey(name).replace('20261102T0915Z', time)}`;
    const files = ['20261102T0959Z', '20261102T1000Z', '20261102T1010Z', 'without-time'].map((time, i) =>
      nameOf(time, `${i}`),
    );
    const hashes = new Map(files.map((name, i) => [name, `hash-${i}`]));
    const hours = hashesByHour('d/one', hashes);
    expect(hours.map((one) => [...one.hashes.keys()])).toEqual([files.slice(0, 1), files.slice(1, 3)]);
    for (const hour of hours) expect(await writeSigned(dynamo, logFilesTable, hour, 'later')).toBe(true);
    const [other] = hashesByHour('d/other', new Map([[files[1]!, 'x']])) as [HashesOfHour];
    expect(await writeSigned(dynamo, logFilesTable, other, 'before')).toBe(true);
    const signed = (signedSha256: string, verifiedBy = 'd/one', verifiedAt = 'later') => ({
      signedSha256,
      verifiedBy,
      verifiedAt,
    });
    expect(await readSigned(dynamo, logFilesTable, [...files, nameOf('20261102T1000Z', 'new')], true)).toEqual(
      new Map([
        [files[0], [signed('hash-0')]],
        [files[1], [signed('x', 'd/other', 'before'), signed('hash-1')]],
        [files[2], [signed('hash-2')]],
      ]),
    );
    const [many] = hashesByHour(
      'd/many',
      new Map(Array.from({ length: 900 }, (_, i) => [nameOf('20261102T1100Z', `${i}`), 'a'.repeat(64)])),
    ) as [HashesOfHour];
    expect(await writeSigned(dynamo, logFilesTable, many, 'now')).toBe(false);
    const some = { ...many, hashes: new Map([...many.hashes].slice(0, 300)) };
    const written: boolean[] = [];
    for (let i = 0; i < 18; i += 1)
      written.push(await writeSigned(dynamo, logFilesTable, { ...some, digest: `d/${i}` }, 'now'));
    expect(written.indexOf(false)).toBeGreaterThanOrEqual(10);
    expect(written.lastIndexOf(true)).toBe(written.indexOf(false) - 1);
  });

  test('the ledger: a reading that did not finish does not replace one that did, of the same state', async () => {
    const { logFilesTable } = world.deps.config;
    const { dynamo } = world;
    await write(entry('twice', { eventsStored: 9 }));
    const checkpoint = { nextRecord: 7, stored: 3, known: 4, skipped: 0, quarantined: 0 };
    await write({ ...entry('twice'), state: 'partial', checkpoint });
    expect(await readLedger(dynamo, logFilesTable, entry('twice'))).toMatchObject({ state: 'ingested', revision: 1 });
    await write({ ...entry('twice', { etag: 'other' }), state: 'partial', checkpoint });
    expect(await readLedger(dynamo, logFilesTable, entry('twice'))).toMatchObject({ state: 'partial', revision: 2 });
  });

  test('the ledger: problems by day, the newest first; a watermark only moves forward', async () => {
    const { logFilesTable } = world.deps.config;
    const { dynamo } = world;
    for (const [day, hour] of [
      ['01', '10'],
      ['03', '09'],
      ['02', '12'],
    ]) {
      const deliveredAt = `2026-11-${day}T${hour}:00:00.000Z`;
      const delivered = entry(`f${day}`, { deliveryDay: `2026-11-${day}`, deliveredAt });
      await write({ ...delivered, state: 'quarantined', reason: 'r', detail: 'd' });
    }
    // Not all of it was read.
    const checkpoint = { nextRecord: 7, stored: 3, known: 4, skipped: 0, quarantined: 0 };
    const later = { deliveryDay: '2026-11-04', deliveredAt: '2026-11-04T10:00:00.000Z' };
    await write({ ...entry('f04', later), state: 'partial', checkpoint });
    const keys = async (days: object, limit = 10) =>
      (await listProblems(dynamo, logFilesTable, days, limit)).map(({ logFile }) => logFile);
    expect(await keys({})).toEqual(['bucket/f04', 'bucket/f03', 'bucket/f02', 'bucket/f01']);
    expect(await keys({}, 2)).toEqual(['bucket/f04', 'bucket/f03']);
    expect(await keys({ from: '2026-11-02', to: '2026-11-02' })).toEqual(['bucket/f02']);
    expect(await keys({ from: '2026-11-03', to: '2026-11-01' })).toEqual([]);
    expect(await listWatermarks(dynamo, logFilesTable)).toEqual([
      { account: '111122223333', region: 'eu-west-1', deliveredAt: '2026-11-03T09:00:00.000Z' },
    ]);
  });

  test('environments: their spans only grow, and days are listed once, in order', async () => {
    const { environmentsTable } = world.deps.config;
    const see = async (...seen: [environment: string, day: string][]) => {
      const noted = { environments: new Map(), days: new Set<string>() };
      for (const [environment, day] of seen) {
        noteEvent(noted, { environment, day, timeKey: `${day}T00:00:00.000Z#e`, accountId: 'a', region: 'r' });
      }
      await writeEnvironments(world.dynamo, environmentsTable, noted, new Date(NOW).toISOString());
    };
    await see(['b', '2026-11-05']);
    await see(['b', '2026-11-07'], ['a b', '2026-11-03'], ['b', '2026-11-04']);
    await see(['b', '2026-11-05'], ['a', '2026-11-05']);
    const listed = await listEnvironments(world.dynamo, environmentsTable);
    expect(
      listed.map(({ environment, firstEventTime, lastEventTime }) => [
        environment,
        firstEventTime.slice(0, 10),
        lastEventTime.slice(0, 10),
      ]),
    ).toEqual([
      ['a', '2026-11-05', '2026-11-05'],
      ['a b', '2026-11-03', '2026-11-03'],
      ['b', '2026-11-04', '2026-11-07'],
    ]);
    expect(await listDays(world.dynamo, environmentsTable)).toEqual([
      '2026-11-03',
      '2026-11-04',
      '2026-11-05',
      '2026-11-07',
    ]);
  });

  test('what is asked for is found by every index, page by page, newest first', async () => {
    const generated = generateEvents(5, 150, 5);
    await world.handle(
      s3Event(
        await putLogFile(
          world,
          'contract',
          generated.map(({ record }) => record),
        ),
      ),
    );
    const order = ({ eventTime, eventId }: ExpectedEvent) => `${eventTime}#${eventId}`;
    const all = generated.map(({ expected }) => expected).sort((a, b) => (order(a) > order(b) ? -1 : 1));
    const [some] = all.filter(({ environment, errorCode, accessKeyId }) => environment && errorCode && accessKeyId);
    const { environment, principal, eventName, errorCode, accessKeyId } = some!;
    const questions: [Criteria, (event: ExpectedEvent) => boolean][] = [
      [{}, () => true],
      [{ environment: [environment!] }, (event) => event.environment === environment],
      [{ principal: [principal] }, (event) => event.principal === principal],
      [{ eventName: [eventName] }, (event) => event.eventName === eventName],
      [{ errorCode: [errorCode!] }, (event) => event.errorCode === errorCode],
      [{ accessKeyId: [accessKeyId!] }, (event) => event.accessKeyId === accessKeyId],
    ];
    for (const [criteria, matches] of questions) {
      const found: string[] = [];
      let cursor: string | undefined;
      do {
        const deps = { dynamo: world.dynamo, tables: world.deps.config, now: () => NOW };
        const page = await answerQuestion(
          openQuestion({ criteria, order: 'newest-first', limit: 11, cursor }, NOW),
          deps,
        );
        found.push(...page.events.map(({ eventId }) => eventId));
        cursor = page.cursor;
      } while (cursor !== undefined);
      expect(found).toEqual(all.filter(matches).map(({ eventId }) => eventId));
    }
  }, 60_000);

  test('the items of odd records are taken, none of them refused', async () => {
    const stored = Object.entries(BAD_INPUTS).filter(([, input]) => 'file' in input && 'stored' in input.outcome);
    for (const [name, input] of stored) {
      if (!('file' in input)) continue;
      const file = await putObject(world, logFileKey(`odd-${name.replace(/\W/g, '-')}`), input.file());
      expect(await world.handle(sqsEvent(s3Event(file)))).toEqual({ batchItemFailures: [] });
    }
    expect(world.notified.join()).not.toContain('item-refused');
  }, 60_000);
});

(program === undefined ? test.skip : test)('dynoxide refuses what AWS refuses: an empty key of an index', async () => {
  const dynamo = await startDynoxide(program!);
  try {
    const world = await createWorld({ ...shared, dynamo });
    const Item = { ...toEventItem(EVENT, { ingestedAt: 'now' }), accessKeyId: { S: '' } };
    const write = world.dynamo.send(new PutItemCommand({ TableName: world.deps.config.eventsTable, Item }));
    await expect(write).rejects.toMatchObject({ name: 'ValidationException' });
  } finally {
    await dynamo.stop();
  }
});
