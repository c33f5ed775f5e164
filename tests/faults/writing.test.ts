import { readdirSync, readFileSync } from 'node:fs';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { expect, test } from '@jest/globals';
import { type Random, seededRandom } from '../support/random.ts';
import { scaled } from '../support/scale.ts';
import { useServers } from '../support/servers.ts';
import { ledgerItem, logFileKey, logFileOf, putObject, quarantined, sqsEvent } from '../support/world.ts';
import type { Fault, PassingRequest } from './support/fault-proxy.ts';
import {
  acknowledgedOnlyWhenStored,
  bodiesOf,
  createFaultWorld,
  eventsTableOf,
  expectAllStored,
  type FaultWorld,
  IMPATIENCE_MS,
  recordText,
  upload,
} from './support/fault-world.ts';
import {
  afterApplied,
  always,
  blackHole,
  dynamoError,
  fin,
  instead,
  inTurn,
  isWrite,
  reset,
  s3Error,
  sent,
  sometimes,
  throttled,
  trickle,
} from './support/faults.ts';
import { drain } from './support/queue.ts';
import { row } from './support/row.ts';
import { inScenario, type Run } from './support/run.ts';
import { generateScenario, type Shape } from './support/scenario.ts';

const servers = useServers();

const isTableWrite = (request: PassingRequest) => request.service === 'dynamodb' && isWrite(request);
const isEventPut = (request: PassingRequest) => request.operation === 'PutItem' && request.target.endsWith('-events');
/** Not the retries: on a busy machine an answer can come too late. */
const isFirstPut = (request: PassingRequest) =>
  isEventPut(request) && String(request.headers['amz-sdk-request']).startsWith('attempt=1;');

/** In small batches, by two workers. */
const delivery = (random: Random) => ({ batchSize: 1 + random.below(4), workers: 2 });

const inRun = (seed: number, shape: Shape, run: (run: Run) => Promise<void>, timeOut?: number) =>
  inScenario(servers, { seed, shape, timeOut }, run, delivery);

/** Some writes fail in these ways. The result is the same table, if necessary after redelivery. */
const survives = (name: string, faults: readonly Fault[], probability: number, check = (_: FaultWorld) => {}) =>
  row(name, (seed) =>
    inRun(seed, seededRandom(seed).pick(['few', 'dense']), async ({ world, scenario, random, deliver }) => {
      world.faults(sometimes(random, probability, isTableWrite, faults));
      expect((await deliver(20)).dead).toEqual([]);
      await expectAllStored(world, scenario);
      check(world);
    }),
  );

const internalError = instead(dynamoError(500, 'InternalServerError'));
const unavailable = instead(dynamoError(503, 'ServiceUnavailable'));
const overCapacity = instead(throttled('capacity', 'ProvisionedThroughputExceededException'));
const overLimit = instead(throttled('limit', 'RequestLimitExceeded'));
const throttle = instead(throttled());

survives('W1 throttled before the write is applied', [throttle, overCapacity, overLimit], 0.3, ({ throttles }) => {
  const reasons = new Set(throttles);
  expect(reasons.size).toBeGreaterThan(0);
  for (const reason of reasons) {
    expect(reason).toMatch(/^TableWriteKeyRangeThroughputExceeded (arn:aws:dynamodb:.*:table\/events|capacity|limit)$/);
  }
});
survives('W1 500, 503, reset before the write is applied', [internalError, unavailable, reset, fin], 0.3);
survives(
  'W2 500, reset, a cut answer after the write is applied',
  [
    afterApplied(internalError),
    afterApplied(unavailable),
    afterApplied(reset),
    sent({ bytes: 1, ending: 'fin' }),
    sent({ framing: 'chunked', bytes: 1, ending: 'reset' }),
  ],
  0.3,
);
row('W1, W2 half of all writes fail for a while, before or after they are applied', (seed) =>
  inRun(seed, seededRandom(seed).pick(['few', 'dense']), async ({ world, scenario, random, deliver }) => {
    const before = [throttle, reset, internalError];
    world.faults(sometimes(random, 0.5, isTableWrite, [...before, ...before.map(afterApplied)]));
    await deliver(3);
    world.faults();
    expect((await deliver(1)).dead).toEqual([]);
    await expectAllStored(world, scenario);
  }),
);

row('W2 the first answer of every put is lost after it is applied: all are duplicates, none a conflict', (seed) =>
  inRun(seed, 'dense', async ({ world, scenario, deliver }) => {
    const lost = new Set<string>();
    world.faults((request) => {
      const eventId = isEventPut(request) ? String(JSON.parse(request.body.toString()).Item.eventId.S) : '';
      if (eventId === '' || lost.has(eventId)) return undefined;
      lost.add(eventId);
      return afterApplied(internalError);
    });
    expect((await deliver(20)).dead).toEqual([]);
    await expectAllStored(world, scenario);
    expect(
      world.reports.flatMap((report) => ('problems' in report ? report.problems : [])).map(({ reason }) => reason),
    ).not.toContain('event-conflict');
  }),
);

test('W3 only one file writes batches, of which each item can fail by itself; backfill.test.ts tests it', () => {
  const folder = new URL('../../shared/', import.meta.url);
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  expect(sources.length).toBeGreaterThan(20);
  const users = sources.filter((name) =>
    /new (Batch(Write|Execute)|Transact)/.test(readFileSync(new URL(name, folder), 'utf8')),
  );
  expect(users).toEqual(['store/insert-items.ts']);
});

row('W4 writes that are never answered, or a byte at a time: the time-out ends them', (seed) =>
  inRun(
    seed,
    'few',
    async ({ world, scenario, deliver }) => {
      world.faults(inTurn(isTableWrite, undefined, blackHole, undefined, undefined, trickle, afterApplied(blackHole)));
      expect((await deliver(3)).dead).toEqual([]);
      await expectAllStored(world, scenario);
    },
    IMPATIENCE_MS,
  ),
);

row('W5 an item that DynamoDB refuses is quarantined, and the others are written', (seed) =>
  inRun(seed, 'dense', async ({ world, scenario, files, random }) => {
    const refused = random.pick(scenario.files[0]!.eventIds);
    const isRefused = (request: PassingRequest) => isEventPut(request) && request.body.includes(`"${refused}"`);
    world.faults(always(isRefused, instead(dynamoError(400, 'ValidationException'))));
    for (const file of files)
      expect((await drain(bodiesOf([file]), world.handle, { maxReceives: 1 })).dead).toEqual([]);
    const others = [...scenario.events.keys()].filter((eventId) => eventId !== refused);
    expect([...(await eventsTableOf(world)).keys()]).toEqual(others.sort());
    const reasons = [...(await quarantined(world.direct))].filter(([name]) => name.endsWith('.reason.json'));
    expect(reasons.filter(([, text]) => text.includes('item-refused')).length).toBeGreaterThan(0);
    // The counts still add up: the record is counted as quarantined.
    const [file] = scenario.files;
    const entry = await ledgerItem(world.direct, files[0]!);
    const count = (name: string) => Number(entry![name]!.N);
    const accounted =
      count('eventsStored') + count('eventsKnown') + count('recordsFiltered') + count('recordsQuarantined');
    expect([count('recordsRead'), accounted]).toEqual([file!.counts.recordsRead, file!.counts.recordsRead]);
    expect(count('recordsQuarantined')).toBeGreaterThan(file!.counts.recordsQuarantined);
  }),
);

row('W6 a hot environment, and an index that accepts one write in three: the queue drains', (seed) =>
  inRun(seed, 'dense', async ({ world, scenario, deliver }) => {
    let attempts = 0;
    const index = 'arn:aws:dynamodb:us-east-1:111122223333:table/events/index/byEnvironment';
    const isHot = (request: PassingRequest) => isEventPut(request) && request.body.includes('prod');
    world.faults((request) => {
      if (!isHot(request)) return undefined;
      attempts += 1;
      return attempts % 3 === 0 ? undefined : instead(throttled(index));
    });
    expect((await deliver(20)).dead).toEqual([]);
    await expectAllStored(world, scenario);
    expect(world.throttles.join()).toContain('byEnvironment');
  }),
);

/** Files that hold the same eventIDs with other content in each. */
function contradictions(random: Random): { files: { key: string; bytes: Buffer }[]; texts: Map<string, string[]> } {
  const eventIds = Array.from({ length: 3 }, () => `event-${random.hex(8)}`);
  const texts = new Map<string, string[]>(eventIds.map((eventId) => [eventId, []]));
  const files = Array.from({ length: 3 }, (_, i) => {
    const records = eventIds.map((eventID) => {
      const text = JSON.stringify({
        eventVersion: '1.11',
        eventSource: 'airflow.amazonaws.com',
        eventTime: '2026-11-02T09:15:00Z',
        eventID,
        userAgent: `version ${i}`,
      });
      texts.get(eventID)!.push(text);
      return text;
    });
    return { key: logFileKey(`contradiction-${i}`), bytes: logFileOf(records) };
  });
  return { files, texts };
}

row(
  'W7 one eventID with different content: the first is kept, the others are quarantined as conflicts',
  async (seed) => {
    const random = seededRandom(seed);
    const { files, texts } = contradictions(random);
    const world = await createFaultWorld(servers);
    try {
      const put = await Promise.all(files.map(({ key, bytes }) => putObject(world.direct, key, bytes)));
      world.faults(sometimes(random, 0.2, isTableWrite, [reset, afterApplied(reset), afterApplied(internalError)]));
      const twice = [...bodiesOf(put), ...bodiesOf(put)];
      const { dead } = await drain(twice, world.handle, { random, workers: 3, batchSize: 2, maxReceives: 20 });
      expect(dead).toEqual([]);
      const first = await eventsTableOf(world);
      expect([...first.keys()]).toEqual([...texts.keys()].sort());
      const setAside = [...(await quarantined(world.direct))].filter(([name]) => !name.endsWith('.reason.json'));
      for (const [eventId, versions] of texts) {
        const stored = recordText(first.get(eventId)?.record)!;
        expect(versions).toContain(stored);
        const others = setAside.map(([, bytes]) => bytes.toString()).filter((text) => text.includes(eventId));
        expect(others.sort()).toEqual(versions.filter((text) => text !== stored).sort());
      }
      // Delivered once more with an empty ledger, nothing changes.
      const again = await createFaultWorld(servers);
      again.deps.config = { ...world.deps.config, logFilesTable: again.deps.config.logFilesTable };
      await drain(bodiesOf(put), again.handle, { random });
      await again.stop();
      expect(await eventsTableOf(world)).toEqual(first);
    } finally {
      await world.stop();
    }
  },
);

/** A clock that says: no more than `writes` puts, and then the time is over. */
function clockUntil(world: FaultWorld, writes: number): () => number {
  const before = world.requests().filter(isFirstPut).length;
  return () => (world.requests().filter(isFirstPut).length - before >= writes ? 9_000 : 60_000);
}

row(
  'L2 no time left in the middle of a batch: unfinished messages fail, and the next delivery continues',
  async (seed) => {
    const random = seededRandom(seed);
    // More than two slices between which the clock is looked at.
    const records = Array.from({ length: 450 }, (_, i) => ({
      eventVersion: '1.11',
      eventSource: 'airflow.amazonaws.com',
      eventTime: '2026-11-02T09:15:00Z',
      eventID: `${seed}-${i}`,
    }));
    const world = await createFaultWorld(servers, { maxHeldBytes: random.pick([0, 10_000_000]) });
    try {
      const big = await putObject(world.direct, logFileKey('big'), logFileOf(records));
      const small = await Promise.all(
        Array.from({ length: 9 }, (_, i) =>
          putObject(world.direct, logFileKey(`small-${i}`), logFileOf([{ ...records[0], eventID: `small-${i}` }])),
        ),
      );
      const bodies = bodiesOf([big, ...small]);
      const puts: number[] = [];
      // Once with most messages not begun, once in the middle of the big file.
      const stops = [1 + random.below(3), 20 + random.below(150)];
      const answers: number[] = [];
      const handle = async (event: unknown) => {
        const before = world.requests().filter(isFirstPut).length;
        const stop = stops[answers.length];
        const clock = stop === undefined ? () => 60_000 : clockUntil(world, stop);
        const answer = await world.handleWithin(event, clock);
        puts.push(world.requests().filter(isFirstPut).length - before);
        answers.push(answer!.batchItemFailures.length);
        return answer;
      };
      const { dead } = await drain(bodies, handle);
      expect(dead).toEqual([]);
      // The first invocation stopped: with the big file unfinished, and with messages that it had not begun.
      expect(answers[0]).toBeGreaterThanOrEqual(6);
      expect(world.failures.map(({ reason }) => reason.split(':')[0])).toContain('out-of-time');
      // It had begun one slice of records.
      expect(puts[0]).toBeLessThan(250);
      // Nothing that was stored before a checkpoint is put again.
      expect(puts.reduce((sum, count) => sum + count)).toBe(450 + 9);
      expect((await eventsTableOf(world)).size).toBe(450 + 9);
      const entry = await ledgerItem(world.direct, big);
      expect(entry).toMatchObject({ state: { S: 'ingested' }, recordsRead: { N: '450' } });
      expect(Number(entry!.eventsStored!.N) + Number(entry!.eventsKnown!.N)).toBe(450);
    } finally {
      await world.stop();
    }
  },
  scaled(1, 20),
);

row(
  'L2 counts that do not add up because of a wrong checkpoint: the file is not finished',
  async (seed) => {
    const records = Array.from({ length: 250 }, (_, i) => ({
      eventSource: 'airflow.amazonaws.com',
      eventID: `${seed}-${i}`,
    }));
    const world = await createFaultWorld(servers);
    try {
      const file = await putObject(world.direct, logFileKey('unbalanced'), logFileOf(records));
      const event = sqsEvent(...bodiesOf([file]));
      expect((await world.handleWithin(event, clockUntil(world, 100)))?.batchItemFailures).toHaveLength(1);
      const entry = (await ledgerItem(world.direct, file))!;
      const checkpoint = JSON.parse(entry.checkpoint!.S!);
      expect(checkpoint).toMatchObject({ nextRecord: 200 });
      const wrong = { ...entry, checkpoint: { S: JSON.stringify({ ...checkpoint, stored: checkpoint.stored - 1 }) } };
      const table = world.direct.deps.config.logFilesTable;
      await world.direct.dynamo.send(new PutItemCommand({ TableName: table, Item: wrong }));
      expect((await world.handle(event))?.batchItemFailures).toHaveLength(1);
      expect(world.failures.at(-1)?.reason).toMatch(/^counts-do-not-add-up/);
      expect((await ledgerItem(world.direct, file))?.state).not.toEqual({ S: 'ingested' });
    } finally {
      await world.stop();
    }
  },
  scaled(1, 3),
);

row(
  'L2 an invocation that hangs answers before its time-out, and names the unfinished messages',
  async (seed) => {
    const world = await createFaultWorld(servers, {}, IMPATIENCE_MS);
    try {
      const scenario = generateScenario(seed, 'few');
      const files = await upload(world, scenario.files);
      const stuck = files[0]!;
      world.faults(always(({ key, operation }) => operation === 'GetObject' && key === stuck.key, blackHole));
      // The first look at the clock is for the last moment to answer: 4 s before the end, 0.3 s from now.
      const clock = [4_300];
      const answer = await world.handleWithin(sqsEvent(...bodiesOf(files)), () => clock.shift() ?? 60_000);
      expect(world.failures).toEqual([]);
      expect(answer!.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)).toContain('m0');
      world.faults();
      expect((await drain(bodiesOf(files), world.handle)).dead).toEqual([]);
      await expectAllStored(world, scenario);
    } finally {
      await world.stop();
    }
  },
  scaled(1, 10),
);

for (const [what, fault] of [
  ['fails', instead(s3Error(500, 'InternalError'))],
  ['is denied', instead(s3Error(403, 'AccessDenied'))],
  ['is reset', reset],
] as const) {
  row(`L4 the write to the quarantine ${what}: not acknowledged; quarantined afterwards`, async (seed) => {
    const random = seededRandom(seed);
    const scenario = generateScenario(seed, 'few');
    const world = await createFaultWorld(servers);
    try {
      const files = await upload(world, scenario.files);
      const bad = await putObject(world.direct, logFileKey('bad'), logFileOf([]).subarray(0, -random.pick([1, 8, 9])));
      const isQuarantine = ({ target }: PassingRequest) => target === world.direct.quarantineBucket;
      // Either from the start, or only the reason, which is written last.
      const script = random.chance(0.5)
        ? always(isQuarantine, fault)
        : always((request) => isQuarantine(request) && request.key.endsWith('.reason.json'), fault);
      world.faults(script);
      const { acknowledged } = await drain(bodiesOf([bad, ...files]), world.handle, { maxReceives: 2 });
      const withBadRecords = scenario.files.filter(({ badRecords }) => badRecords.length > 0);
      for (const key of [bad.key, ...withBadRecords.map((file) => file.key)]) {
        expect(acknowledged.some(({ body }) => body.includes(encodeURIComponent(key)))).toBe(false);
      }
      expect((await ledgerItem(world.direct, bad))?.state).toEqual({ S: 'failed' });
      world.faults();
      const onAcknowledge = acknowledgedOnlyWhenStored(world, scenario);
      expect((await drain(bodiesOf([bad, ...files]), world.handle, { onAcknowledge })).dead).toEqual([]);
      expect((await quarantined(world.direct)).has(`files/${bad.bucket}/${bad.key}/${bad.etag}.reason.json`)).toBe(
        true,
      );
      expect((await ledgerItem(world.direct, bad))?.state).toEqual({ S: 'quarantined' });
    } finally {
      await world.stop();
    }
  });
}
