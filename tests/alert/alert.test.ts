import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Context } from 'aws-lambda';
import fc from 'fast-check';
import { createQueryHandler } from '../../functions/query-handler.ts';
import { readActivityDigest } from '../../shared/alert/activity-digest.ts';
import { digestMessage, digestText } from '../../shared/alert/digest-message.ts';
import { evaluatedFindings } from '../../shared/alert/evaluated-findings.ts';
import { CLAIM_MS } from '../../shared/alert/once.ts';
import { MAX_REPEATS } from '../../shared/alert/seen-finding.ts';
import { countRepeats, storedFindings } from '../../shared/alert/stored-findings.ts';
import { EVIDENCE_RULE } from '../../shared/detect/evidence.ts';
import { MAX_RESPONSE_BYTES } from '../../shared/http/messages.ts';
import { type NewFinding, resolveFinding, writeFinding } from '../../shared/store/findings.ts';
import { ALERT_NOW, AlertWorld, type Kill, STACK, TOPIC_ARN } from '../support/alert-world.ts';
import { askStore, type TestEvent } from '../support/event-store.ts';
import { AwsError } from '../support/fake-aws.ts';
import { httpEvent } from '../support/http-event.ts';
import { scaled } from '../support/scale.ts';

let world: AlertWorld;
beforeEach(async () => {
  world = await AlertWorld.start();
  // Long ago, so that the environment is known.
  await world.add({ id: 'first', time: '2026-10-01T00:00:00Z', environment: 'prod-etl' });
}, 30_000);
afterEach(() => world.stop());

const at = (minute: number, second = 0) =>
  new Date(Date.parse('2026-11-19T12:00:00Z') + minute * 60_000 + second * 1_000).toISOString();
const update = (id: string, more: Partial<TestEvent> = {}): TestEvent => ({
  ...{ id, time: at(0), name: 'UpdateEnvironment', environment: 'prod-etl' },
  ...more,
});
const token = (id: string, more: Partial<TestEvent> = {}) => update(id, { name: 'CreateCliToken', ...more });
const denied = (id: string, minute: number, more: Partial<TestEvent> = {}) =>
  update(id, { name: 'ListEnvironments', time: at(minute), error: 'AccessDenied', ...more });

const subjects = () => world.published.map(({ subject }) => subject);
const rulesOnBus = () =>
  world.onBus.flatMap(({ type, detail }) =>
    type === 'MWAA audit finding' ? [(detail.rule as { id: string }).id] : [],
  );
const eventsOnBus = () =>
  world.onBus.flatMap(({ type, detail }) => (type === 'MWAA audit event' ? [detail.eventId as string] : []));

describe('a new event', () => {
  test('goes to the bus with what lists show, and without its record', async () => {
    const records = await world.add(
      update('u', { record: { requestParameters: { Name: 'prod-etl', MaxWorkers: 7 } } }),
    );
    expect(await world.run(records)).toEqual([]);
    const { detail, bus } = world.onBus.find(({ type }) => type === 'MWAA audit event')!;
    expect(bus).toBe('bus');
    expect(detail).toMatchObject({
      ...{ version: '1', arrival: 'live', eventId: 'u', action: 'environment.update', environment: 'prod-etl' },
      ...{ user: 'ana', accountId: '111122223333', region: 'eu-west-1', outcome: 'ok', parameters: ['MaxWorkers'] },
    });
    expect(Object.keys(detail).filter((name) => /record|contentHash|previous|redacted|logFile/.test(name))).toEqual([]);
  });

  test('that a rule matches is a finding, on the bus and for people', async () => {
    await world.run(
      await world.add(update('u', { record: { requestParameters: { Name: 'prod-etl', MaxWorkers: 7 } } })),
    );
    expect(rulesOnBus()).toEqual(['updated']);
    const [{ subject, bodies, attributes }] = world.published as [(typeof world.published)[number]];
    expect(subject).toBe('HIGH: Environment Updated in prod-etl by ana');
    expect(bodies.default).toBe(
      [
        'HIGH: Environment Updated',
        '',
        'Who: ana',
        'What: environment updated',
        'Target: MaxWorkers',
        'Outcome: ok',
        'Environment: prod-etl',
        'Account: 111122223333, eu-west-1',
        `Time: ${at(0)}`,
        'From: 203.0.113.7',
        'Why: environment updated: MaxWorkers',
        '',
        'Somebody updated an environment.',
        'It may be harmless: Deployments.',
        'MITRE ATT&CK: T1578',
        'Rule: updated',
        '',
        `Show it: mwaa-trail show u --stack ${STACK}`,
        `In the console: mwaa-trail serve --stack ${STACK}, then #/events/u`,
        '',
      ].join('\n'),
    );
    const machine = {
      version: '1',
      stack: STACK,
      rule: { id: 'updated', level: 'high' },
      eventIds: ['u'],
      copy: 'log-file',
      test: false,
    };
    for (const protocol of ['sqs', 'lambda', 'firehose']) expect(JSON.parse(bodies[protocol]!)).toMatchObject(machine);
    expect(JSON.parse(bodies.https!)).toMatchObject({
      version: '1.0',
      source: 'custom',
      content: { textType: 'client-markdown' },
    });
    expect(attributes).toEqual({
      ...{ level: 'high', rule: 'updated', environment: 'prod-etl', account: '111122223333', test: 'false' },
    });
  });

  test('that comes before its log file is a finding that says so', async () => {
    await world.run(await world.add(update('live', { provisional: true })));
    const [{ bodies }] = world.published as [(typeof world.published)[number]];
    expect(bodies.default).toMatch(/^Seen: live, before its log file$/m);
    expect(JSON.parse(bodies.sqs!)).toMatchObject({ eventIds: ['live'], copy: 'live' });
  });

  test('below the level is on the bus only', async () => {
    await world.run(await world.add(update('u'), update('r', { name: 'GetEnvironment' })), { level: 'high' });
    expect(rulesOnBus().sort()).toEqual(['read', 'updated']);
    expect(subjects()).toEqual(['HIGH: Environment Updated in prod-etl by ana']);
  });

  test('that is late, or was backfilled, is on the bus, and no finding', async () => {
    await world.add(update('late', { time: '2026-11-18T23:59:59Z' }), update('backfilled'));
    const records = [await world.recordOf('late'), await world.recordOf('backfilled', { backfilled: { BOOL: true } })];
    expect(await world.run(records)).toEqual([]);
    expect(world.onBus.map(({ type, detail }) => [type, detail.arrival])).toEqual([
      ['MWAA audit event', 'late'],
      ['MWAA audit event', 'backfill'],
    ]);
    expect(world.published).toEqual([]);
  });

  test('is an inserted one: what changed or is gone is left alone', async () => {
    const [record] = await world.add(update('u'));
    const { NewImage: _, ...dynamodb } = record!.dynamodb;
    const others = [
      { ...record, eventName: 'MODIFY' },
      { ...record, eventName: 'REMOVE', dynamodb },
    ];
    expect(await world.run(others)).toEqual([]);
    expect([world.onBus, world.published]).toEqual([[], []]);
  });
});

describe('text from outside', () => {
  test('cannot break lines, forge links or mentions, or make the subject one that SNS refuses', async () => {
    const who = `<!channel> [x](https://evil.example)\r\nBcc: a@evil.example \u202e\u{1f600}${'é'.repeat(200)}`;
    await world.run(await world.add(update('u', { who })));
    const [{ subject, bodies }] = world.published as [(typeof world.published)[number]];
    expect(subject).toMatch(/^[\x20-\x7e]{1,100}$/);
    expect(bodies.default).not.toMatch(/[\r\u202e]|^Bcc/m);
    const { content } = JSON.parse(bodies.https!) as { content: { title: string; description: string } };
    expect(content.description).not.toMatch(/[<>[\]`@|]/);
    expect(content.title).not.toMatch(/[<>[\]`@|]/);
  });

  test('is masked where it is secret', async () => {
    const secret = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U';
    const record = {
      requestParameters: { Name: 'prod-etl', Token: secret },
      userAgent: `curl ${secret}`,
      errorMessage: secret,
    };
    await world.run(await world.add(update('u', { record })));
    expect(JSON.stringify([world.published, world.onBus])).not.toContain(secret);
    expect(world.published).toHaveLength(1);
  });
});

describe('first times', () => {
  test('are findings once, and not if the store knows an earlier one', async () => {
    await world.add(token('bo-before', { who: 'bo', time: '2026-11-01T00:00:00Z' }));
    await world.run(await world.add(token('ana-1'), token('bo-1', { who: 'bo' })));
    await world.run(await world.add(token('ana-2', { time: at(5) }), token('dev', { environment: 'dev' })));
    // The environment dev is new itself.
    expect(subjects()).toEqual(['MEDIUM: First Token in prod-etl by ana']);
  });

  test('are asked of the store once', async () => {
    await world.add(token('before', { time: '2026-11-01T00:00:00Z' }));
    await world.run(await world.add(token('one')));
    const before = world.requests;
    await world.run(await world.add(token('two', { time: at(1) })));
    // The item of the combination, and the bus.
    expect(world.requests - before).toBe(2);
  });

  test('that are none stay so if the events come in another order', async () => {
    await world.add(token('before', { time: '2026-11-01T00:00:00Z' }));
    const records = await world.add(token('one'), token('two', { time: at(1) }), token('three', { time: at(2) }));
    for (const record of records.toReversed()) await world.run([record]);
    expect(subjects()).toEqual([]);
  });

  test('count again after the history is over', async () => {
    await world.add(token('before', { time: '2026-08-01T00:00:00Z' }));
    await world.run(await world.add(token('now')));
    expect(subjects()).toHaveLength(1);
  });
});

describe('counts', () => {
  test('are one finding for a burst; more of it is counted, not sent', async () => {
    const records = await world.add(denied('a', 0), denied('b', 3), denied('c', 6), denied('d', 7), denied('e', 8));
    for (const record of records) await world.run([record]);
    expect(subjects()).toEqual(['MEDIUM: Many Denials in prod-etl by ana']);
    expect(world.outcomes).toEqual(['many-denials c sent', 'many-denials d repeated', 'many-denials e repeated']);
    expect(JSON.parse(world.published[0]!.bodies.sqs!)).toMatchObject({ eventIds: ['a', 'b', 'c'] });
  });

  test('are of one group, and of its timespan', async () => {
    await world.run(await world.add(denied('a', 0), denied('b', 4), denied('c', 11), denied('d', 5, { who: 'bo' })));
    expect(subjects()).toEqual([]);
  });
});

/** What is stored of each finding: its rule, whether it was sent, its events, and its repeats. */
const stored = async () =>
  (await world.findings()).map(({ rule, delivery, events, repeats }) => `${rule.id} ${delivery} ${events}+${repeats}`);

describe('findings are stored', () => {
  test('with all that is sent of them, the newest first', async () => {
    const many = [
      denied('a', 0),
      denied('b', 3),
      denied('c', 6),
      denied('d', 7, { environment: 'dev' }),
      denied('e', 8),
    ];
    const records = await world.add(update('u'), update('r', { name: 'GetEnvironment', time: at(1) }), ...many);
    for (const record of records) await world.run([record], { level: 'medium' });
    expect(await stored()).toEqual(['many-denials sent 3+2', 'read below-level 1+0', 'updated sent 1+0']);
    const [burst, , updated] = await world.findings();
    expect(burst).toMatchObject({ eventIds: ['a', 'b', 'c'], lastRepeat: at(8), environment: 'prod-etl', user: 'ana' });
    const {
      version: _,
      stack: __,
      test: ___,
      ...sentOf
    } = JSON.parse(world.published.find(({ subject }) => subject.includes('Updated'))!.bodies.sqs!);
    expect(updated).toEqual({ ...sentOf, delivery: 'sent', events: 1, repeats: 0 });
  });

  test('before people are told, and say so if that fails', async () => {
    const records = await world.add(update('a'));
    world.refuse = () => new AwsError('InternalError', 500);
    await world.run(records);
    expect(await stored()).toEqual(['updated pending 1+0']);
    world.refuse = () => undefined;
    await world.run(records);
    expect(await stored()).toEqual(['updated sent 1+0']);
  });

  test('as long as the event with which they began', async () => {
    await world.add(update('kept'), update('gone', { time: at(1) }));
    const expiresAt = { N: `${world.clock.now / 1_000 + 60}` };
    const records = [await world.recordOf('kept'), await world.recordOf('gone', { expiresAt })];
    for (const record of records) await world.run([record]);
    expect(await stored()).toHaveLength(2);
    world.clock.now += 60_000;
    expect((await world.findings()).map(({ eventIds }) => eventIds)).toEqual([['kept']]);
  });

  test('no longer counting when there are very many repeats', async () => {
    const records = await world.add(denied('a', 0), denied('b', 0), denied('c', 0));
    for (const record of records) await world.run([record]);
    const table = { dynamo: world.store.deps.dynamo, name: world.stateTable };
    const began = { time: Date.parse(at(0)), eventId: 'c' };
    const repeats = Array.from({ length: MAX_REPEATS }, (_, i) => ({ time: i, eventId: `r${i}`, environment: 'x' }));
    const identity = { ruleId: 'many-denials', began };
    expect(await countRepeats(table, identity, repeats.slice(1), undefined)).toBe(true);
    expect(await countRepeats(table, identity, repeats.slice(0, 2), undefined)).toBe(true);
    expect(await countRepeats(table, identity, [{ time: 0, eventId: 'more', environment: 'x' }], undefined)).toBe(
      false,
    );
    expect(await stored()).toEqual([`many-denials sent 3+${MAX_REPEATS}`]);
  });
});

describe('GET /findings', () => {
  const ask = async (url: string, accept = 'application/json') => {
    const findings = storedFindings(world.stateTable, 'off');
    const failed = (error: unknown) => {
      throw error;
    };
    const handler = createQueryHandler(
      { ...world.store.deps, now: () => world.clock.now },
      { findings, failed, maxResponseBytes: MAX_RESPONSE_BYTES },
    );
    const { statusCode, body, headers } = await handler(httpEvent(url, { accept }), {} as Context);
    return { statusCode, body, headers };
  };
  const titled = (body: string) =>
    (JSON.parse(body) as { findings: { eventIds: string[] }[] }).findings.map(({ eventIds }) => eventIds.at(-1));

  test('lists what meets the criteria, page by page, and says that alerts are off', async () => {
    const records = await world.add(
      update('u1', { who: 'bo' }),
      update('u2', { time: at(2), who: 'ana.lee' }),
      update('r', { name: 'GetEnvironment', time: at(4), environment: 'dev' }),
      ...[denied('a', 5), denied('b', 6), denied('c', 7), denied('d', 8, { environment: 'dev' })],
    );
    // Another function may be faster than that which stores the finding.
    const table = { dynamo: world.store.deps.dynamo, name: world.stateTable };
    const identity = { ruleId: 'many-denials', began: { time: Date.parse(at(7)), eventId: 'c' } };
    const repeat = { time: Date.parse(at(8)), eventId: 'd', environment: 'dev' };
    await countRepeats(table, identity, [repeat], undefined);
    expect(titled((await ask('/findings')).body)).toEqual([]);
    await world.run(records);
    const cases: [query: string, events: string[]][] = [
      ['', ['c', 'r', 'u2', 'u1']],
      ['level=medium', ['c', 'u2', 'u1']],
      ['level=critical', []],
      ['rule=read&rule=many-denials', ['c', 'r']],
      ['environment=dev', ['r']],
      ['user=ana*', ['c', 'r', 'u2']],
      ['user=bo', ['u1']],
      ['account=111122223333', ['c', 'r', 'u2', 'u1']],
      ['account=444455556666', []],
      ['event=b', ['c']],
      [`since=${at(2)}&until=${at(4)}`, ['u2']],
      ['since=1h', []],
    ];
    for (const [query, events] of cases) {
      const { body } = await ask(`/findings?${query}`);
      expect([query, titled(body)]).toEqual([query, events]);
      expect(JSON.parse(body).origin).toEqual({ kind: 'stored', alerts: 'off' });
    }
    const seen: (string | undefined)[] = [];
    let cursor: string | undefined;
    do {
      const { body, headers } = await ask(`/findings?limit=1${cursor === undefined ? '' : `&cursor=${cursor}`}`);
      seen.push(...titled(body));
      ({ cursor } = JSON.parse(body));
      expect(headers.link?.includes(encodeURIComponent(cursor ?? ''))).toBe(cursor === undefined ? undefined : true);
    } while (cursor !== undefined);
    expect(seen).toEqual(['c', 'r', 'u2', 'u1']);
    expect((await ask('/findings', 'application/x-ndjson')).body.trimEnd().split('\n')).toHaveLength(4);
    expect((await ask('/findings?event=b', 'text/csv')).body.trimEnd().split('\r\n')[1]).toMatch(
      new RegExp(`^${at(7)},medium,many-denials,Many Denials,prod-etl,.*,3,1,${at(8)},sent,.*,a b c$`),
    );
    const { body } = await ask('/findings?limit=1');
    expect((await ask(`/findings?limit=1&level=low&cursor=${JSON.parse(body).cursor}`)).statusCode).toBe(400);
    expect((await ask('/findings?level=severe')).statusCode).toBe(400);
  });

  test('below an environment, tells nothing of events of others', async () => {
    const dev = { environment: 'dev' };
    const mixed = [
      denied('m1', 0, { who: 'bo' }),
      denied('m2', 1, { who: 'bo', ...dev }),
      denied('m3', 2, { who: 'bo' }),
    ];
    const own = [denied('a', 0), denied('b', 1), denied('c', 2), denied('d', 3, dev), denied('e', 4)];
    for (const record of await world.add(...mixed, ...own)) await world.run([record]);
    expect(titled((await ask('/findings')).body).sort()).toEqual(['c', 'm3']);
    const { findings } = JSON.parse((await ask('/environments/prod-etl/findings')).body);
    expect(findings).toMatchObject([{ eventIds: ['a', 'b', 'c'], events: 3, repeats: 1, lastRepeat: at(4) }]);
    expect(titled((await ask('/environments/dev/findings')).body)).toEqual([]);
  });
});

describe('what fails', () => {
  test('is delivered again from the first failure on', async () => {
    const records = await world.add(update('a'), update('b', { time: at(1) }), update('c', { time: at(2) }));
    const broken = { ...records[1]!, dynamodb: { ...records[1]!.dynamodb, NewImage: { eventId: { S: 'b' } } } };
    const brokenToo = { ...broken, dynamodb: { ...broken.dynamodb, SequenceNumber: '999' } };
    const failed = [records[1]!.dynamodb.SequenceNumber, '999'];
    expect(await world.run([records[0], broken, records[2], brokenToo])).toEqual([failed[0]]);
    expect(world.failures).toEqual(failed.map((place) => expect.stringContaining(place)));
    // Those after it were done, too, and are not done twice.
    expect(await world.run(records.slice(1))).toEqual([]);
    expect(world.published.map(({ bodies }) => JSON.parse(bodies.sqs!).eventIds[0])).toEqual(['a', 'c', 'b']);
  });

  test('of a request to the bus is put again alone', async () => {
    const records = await world.add(...Array.from({ length: 23 }, (_, i) => update(`e${i}`, { name: 'ListTags' })));
    let refusals = 2;
    world.refuse = (operation, entry) => {
      if (operation !== 'PutEvents' || entry !== 3 || refusals === 0) return undefined;
      refusals -= 1;
      return new AwsError('ThrottlingException');
    };
    expect(await world.run(records)).toEqual([]);
    expect(eventsOnBus().sort()).toEqual(
      records.map(({ dynamodb }) => (dynamodb.Keys as { eventId: { S: string } }).eventId.S).sort(),
    );
  });

  test('at the bus for good does not keep findings from people', async () => {
    const records = await world.add(update('a'));
    world.refuse = (operation) => (operation === 'PutEvents' ? new AwsError('AccessDeniedException', 403) : undefined);
    expect(await world.run(records)).toEqual([records[0]!.dynamodb.SequenceNumber]);
    expect(subjects()).toHaveLength(1);
    world.refuse = () => undefined;
    expect(await world.run(records)).toEqual([]);
    expect(subjects()).toHaveLength(1);
    expect(rulesOnBus()).toEqual(['updated']);
  });

  test('at the topic is sent when the time of the attempt is over, and not before', async () => {
    const records = await world.add(update('a'));
    world.refuse = (operation) => (operation === 'Publish' ? new AwsError('InternalError', 500) : undefined);
    expect(await world.run(records)).toHaveLength(1);
    world.refuse = () => undefined;
    const failedAt = world.clock.now;
    // Too little time to wait.
    expect(await world.run(records, { remaining: 20_000 })).toHaveLength(1);
    expect(subjects()).toEqual([]);
    expect(await world.run(records)).toEqual([]);
    expect(world.published.map(({ at: time }) => time - failedAt)).toEqual([CLAIM_MS]);
  });

  test('is what is not begun in time', async () => {
    const records = await world.add(update('a'));
    expect(await world.run(records, { remaining: 10_000 })).toHaveLength(1);
    expect(subjects()).toEqual([]);
  });

  test.each([[{}], [{ Records: 'none' }], [null]])('is an event that is no batch: %j', async (event) => {
    await expect(world.invoke(event)).rejects.toThrow('expected a batch of the stream of the events table');
  });
});

describe('what verification found', () => {
  const altered = (key: string, more: Partial<NewFinding> = {}): NewFinding => ({
    ...{ kind: 'log-file-ingested-differently', account: '111122223333', region: 'eu-west-1', bucket: 'logs', key },
    ...{ digest: 'AWSLogs/digest.json.gz', detail: 'expected what CloudTrail signed' },
    ...more,
  });
  const write = (found: NewFinding, time = '2026-11-19T23:30:00.000Z') =>
    writeFinding(world.store.deps.dynamo, world.store.tables.logFilesTable, found, time);
  const check = (kill?: Kill) => world.invoke({ check: 'verification' }, { kill });

  test('is sent once: of one kind and place, within an hour, the first', async () => {
    await write(altered('a'), '2026-11-19T22:00:00.000Z');
    await write(altered('b'), '2026-11-19T22:30:00.000Z');
    await write(altered('c', { region: 'us-east-1' }), '2026-11-19T22:45:00.000Z');
    await write(altered('d'), '2026-11-19T23:30:00.000Z');
    await check();
    await check();
    expect(subjects()).toEqual(
      Array(3).fill('CRITICAL: Evidence Altered, Missing or Not Signed in account 111122223333'),
    );
    const sentOf = world.published.map(({ bodies }) => JSON.parse(bodies.sqs!).reason as string);
    expect(sentOf.map((reason) => reason.at(-1))).toEqual(['a', 'c', 'd']);
    expect(rulesOnBus()).toEqual(Array(3).fill(EVIDENCE_RULE.id));
    expect(await stored()).toEqual(['0+0', '0+0', '0+1'].map((counts) => `${EVIDENCE_RULE.id} sent ${counts}`));
    const { default: text = '' } = world.published[1]!.bodies;
    expect(text).toContain('Account: 111122223333, us-east-1');
    expect(text).toContain('Why: log-file-ingested-differently: expected what CloudTrail signed; c');
    expect(text).toContain(`mwaa-trail detect --level critical --since 2d --stack ${STACK}`);
    expect(text).not.toMatch(/undefined|show '?'? /);
  });

  test('is not sent if it holds no more, or was found more than a day ago', async () => {
    await write(altered('old'), '2026-11-18T23:00:00.000Z');
    await write(altered('gone', { kind: 'digest-missing' }));
    const { logFilesTable } = world.store.tables;
    const gone = altered('gone', { kind: 'digest-missing' });
    await resolveFinding(world.store.deps.dynamo, logFilesTable, gone, '2026-11-19T23:40:00.000Z');
    await check();
    expect([world.published, world.onBus]).toEqual([[], []]);
  });

  test('is sent although the function is killed, or the topic does not answer', async () => {
    await write(altered('a'));
    for (const request of [2, 4, 5]) expect(await check({ request, moment: 'after' })).toBe('killed');
    world.refuse = (operation) => (operation === 'Publish' ? new AwsError('InternalError', 500) : undefined);
    await expect(check()).rejects.toThrow('findings of verification: 1 not sent');
    world.refuse = () => undefined;
    await check();
    expect(new Set(subjects()).size).toBe(1);
    expect(rulesOnBus()).toEqual([EVIDENCE_RULE.id]);
    expectOncePerWindow();
  });
});

describe('the digest', () => {
  /** Alerts are sent before it. */
  const send = async () => {
    world.clock.now = ALERT_NOW;
    world.published.length = 0;
    world.onBus.length = 0;
    return world.invoke({ digest: 7 });
  };
  const textSent = () => world.published[0]!.bodies.default!;
  const happens = async (...events: TestEvent[]) => {
    for (const event of events) {
      await world.add(event);
      world.clock.now = Date.parse(event.time);
      expect(await world.run([await world.recordOf(event.id, { ingestedAt: { S: event.time } })])).toEqual([]);
    }
  };

  test('says what changed and who, who was denied, what was found and what is missing; it is sent once', async () => {
    await happens(
      update('before', { time: '2026-11-12T23:59:59Z', who: 'dee' }),
      update('u1', { time: '2026-11-13T00:00:00Z' }),
      ...[1, 2, 3].map((minute) => denied(`d${minute}`, minute, { who: 'cy' })),
      update('u2', { time: '2026-11-19T23:59:59Z', who: 'bo' }),
      update('after', { time: '2026-11-20T00:00:00Z', who: 'dee' }),
    );
    await world.store.addLogFile({
      bucket: 'b',
      key: 'AWSLogs/x.json.gz',
      state: 'quarantined',
      reason: 'gzip',
      deliveryDay: '2026-11-14',
    } as never);
    await writeFinding(
      world.store.deps.dynamo,
      world.store.tables.logFilesTable,
      { kind: 'digest-missing', account: '1', region: 'r', bucket: 'b', digest: 'd', detail: 'a sentence' },
      '2026-11-15T00:00:00.000Z',
    );
    expect(await send()).toEqual({ digest: 'sent' });
    expect(await world.invoke({ digest: 7 })).toEqual({ digest: 'sent-before' });
    expect(subjects()).toEqual([`Digest of ${STACK}: 2 changes, 3 denied, 3 findings`]);
    expect(textSent()).toBe(
      [
        `${STACK}, 2026-11-13T00:00Z to 2026-11-20T00:00Z`,
        '5 events: 2 changes, 3 denied, 3 findings.',
        '',
        'prod-etl (111122223333 eu-west-1)',
        '  2 changes: environment updated 2',
        '  by: ana 1, bo 1',
        '  3 denied: cy 3',
        '',
        `Findings: mwaa-trail detect --since 2026-11-13 --until 2026-11-20 --stack ${STACK}`,
        '  HIGH: Environment Updated: 2',
        '  MEDIUM: Many Denials: 1',
        '',
        'Missing:',
        `  log files that are not stored completely: quarantined 1: mwaa-trail coverage --stack ${STACK}`,
        '  no log file of 111122223333 eu-west-1 since 2026-11-10T12:05:00.000Z',
        `  what verification found: digest-missing 1: mwaa-trail detect --level critical --stack ${STACK}`,
        '',
        `More: mwaa-trail summary --since 2026-11-13 --until 2026-11-20 --stack ${STACK}`,
        `In the console: mwaa-trail serve --stack ${STACK}, then #/overview`,
        '',
      ].join('\n'),
    );
    const { bodies, attributes } = world.published[0]!;
    expect(JSON.parse(bodies.sqs!)).toMatchObject({ version: '1', kind: 'digest', stack: STACK, events: 5 });
    expect(attributes).toEqual({ kind: 'digest' });
    expect(world.onBus).toEqual([]);
    const preview = await askStore(world.store, 'alerts', 'digest', '--since', '2026-11-13', '--until', '2026-11-20');
    expect(preview.stdout).toContain('prod-etl (111122223333 eu-west-1)\n  2 changes: environment updated 2\n');
  });

  test('of a time in which nothing happened is one line', async () => {
    await send();
    expect(subjects()).toEqual([`Digest of ${STACK}: nothing happened`]);
    expect(textSent()).toBe(
      `${STACK}, 2026-11-13T00:00Z to 2026-11-20T00:00Z: nothing happened. ` +
        '0 events, no change, no denial, no finding, and nothing is missing.\n',
    );
  });

  test('says if there are too many events to evaluate the rules for it', async () => {
    await world.add(update('u1'), update('u2', { time: at(1) }));
    const period = { since: '2026-11-13T00:00:00.000Z', until: '2026-11-20T00:00:00.000Z' };
    const { deps } = world.store;
    const digest = await readActivityDigest(
      period,
      evaluatedFindings(async () => [], deps, 1),
      deps,
    );
    expect(digestText(digest, undefined)).toContain('2 changes: environment updated 2\n');
    expect(digestText(digest, undefined)).toContain(
      'Findings: too many events to evaluate the rules here: mwaa-trail detect',
    );
  });

  test('is short, whatever the names are', () => {
    const text = fc.string({ unit: 'binary', maxLength: 300 });
    const counts = fc.array(fc.record({ name: text, count: fc.nat() }), { maxLength: 9 });
    const environment = fc.record({
      ...{ environment: fc.option(text, { nil: undefined }), accountId: text, region: text },
      ...{ changes: counts, changedBy: counts, denied: counts, failed: counts },
    });
    const digests = fc.record({
      ...{ since: fc.constant(at(0)), until: fc.constant(at(9)), events: fc.nat(), truncated: fc.boolean() },
      environments: fc.array(environment, { maxLength: 40, size: 'max' }),
      findings: fc.constant(undefined),
      problems: counts,
      silent: fc.array(fc.record({ account: text, region: text, since: text }), { maxLength: 20 }),
      evidence: counts,
    });
    fc.assert(
      fc.property(digests, (digest) => {
        const { subject, bodies } = digestMessage(digest, STACK);
        expect(Buffer.byteLength(bodies.default)).toBeLessThanOrEqual(8 * 1024);
        expect(bodies.default).not.toMatch(/[\r\u202e\0]/);
        expect(subject).toMatch(/^[\x20-\x7e]{1,100}$/);
        expect(Buffer.byteLength(JSON.stringify(bodies))).toBeLessThan(250_000);
      }),
      { numRuns: scaled(5, 500) },
    );
  });
});

test('a test is sent to the topic and the bus, and says so', async () => {
  expect(await world.invoke({ test: 'finding' })).toEqual({ sent: [TOPIC_ARN, 'bus'] });
  expect(subjects()).toEqual(['TEST HIGH: Test of the Alerts in example-environment by example-user']);
  expect(world.published[0]!.bodies.default).toContain('Nothing has happened.');
  expect(world.onBus.map(({ type, detail }) => [type, detail.test])).toEqual([['MWAA audit finding', true]]);
});

/** Events with all kinds of findings. */
const scenario = (): TestEvent[] => [
  update('u'),
  token('t1', { time: at(1) }),
  token('t2', { time: at(2) }),
  denied('d1', 3),
  denied('d2', 4),
  denied('d3', 5),
  denied('d4', 6),
  denied('d5', 7),
];
const EXPECTED = ['First Token', 'Many Denials', 'Environment Updated'];
/** With which events each finding began depends on their order; which it has does not. */
const EVENTS_OF = { 'first-token': 1, 'many-denials': 5, updated: 1 };
const eventsStored = async () => {
  const findings = await world.findings();
  expect(new Set(findings.map(({ delivery }) => delivery))).toEqual(new Set(['sent']));
  return Object.fromEntries(findings.map(({ rule, events, repeats }) => [rule.id, events + repeats]));
};

/** The rule and the events of what was published. */
const sent = () =>
  world.published.map(({ bodies, at: time }) => {
    const { rule, eventIds } = JSON.parse(bodies.sqs!) as { rule: { title: string; id: string }; eventIds: string[] };
    return { title: rule.title, name: `${rule.id} ${eventIds.at(-1)}`, time };
  });

function expectOncePerWindow(): void {
  const byName = Object.groupBy(sent(), ({ name }) => name);
  for (const times of Object.values(byName))
    for (const [i, { time }] of times!.entries())
      if (i > 0) expect(time - times![i - 1]!.time).toBeGreaterThanOrEqual(CLAIM_MS);
}

test('killed at any request, before or after it takes effect: every finding is sent, none twice within the time of an attempt', async () => {
  const records = await world.add(...scenario());
  const before = world.requests;
  expect(await world.run(records)).toEqual([]);
  const requests = world.requests - before;
  expect(requests).toBeGreaterThan(20);
  const all = Array.from({ length: requests }, (_, i) => i + 1).flatMap((request): Kill[] => [
    { request, moment: 'before' },
    { request, moment: 'after' },
  ]);
  // An odd step takes both moments in turn.
  const kills = all.filter((_, i) => i % scaled(7, 1) === 0);
  for (const kill of kills) {
    const other = await AlertWorld.start();
    await world.stop();
    world = other;
    await world.add({ id: 'first', time: '2026-10-01T00:00:00Z', environment: 'prod-etl' });
    const again = await world.add(...scenario());
    expect([kill, await world.run(again, { kill })]).toEqual([kill, 'killed']);
    // Lambda delivers at once, to another process.
    expect([kill, await world.run(again)]).toEqual([kill, []]);
    expect([kill, [...new Set(sent().map(({ title }) => title))].sort()]).toEqual([kill, EXPECTED.toSorted()]);
    expect(new Set(rulesOnBus())).toEqual(new Set(['first-token', 'many-denials', 'updated']));
    expect(new Set(eventsOnBus())).toEqual(new Set(scenario().map(({ id }) => id)));
    expectOncePerWindow();
    expect([kill, await eventsStored()]).toEqual([kill, EVENTS_OF]);
  }
}, 240_000);

test('in any order, in any batches, and repeated: each finding is sent once, and each event of it counted once', async () => {
  const deliveries = fc.tuple(
    fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 8, maxLength: 8 }),
    fc.array(fc.integer({ min: 0, max: 7 }), { maxLength: 8 }),
    fc.integer({ min: 1, max: 8 }),
  );
  await fc.assert(
    fc.asyncProperty(deliveries, async ([order, repeats, size]) => {
      const other = await AlertWorld.start();
      await world.stop();
      world = other;
      await world.add({ id: 'first', time: '2026-10-01T00:00:00Z', environment: 'prod-etl' });
      const records = await world.add(...scenario());
      const all = [...order, ...repeats].map((i) => records[i]!);
      const batches = Array.from({ length: Math.ceil(all.length / size) }, (_, i) =>
        all.slice(i * size, (i + 1) * size),
      );
      // Shards are read at the same time.
      const results = await Promise.all([
        (async () => {
          for (const batch of batches.filter((_, i) => i % 2 === 0)) expect(await world.run(batch)).toEqual([]);
        })(),
        (async () => {
          for (const batch of batches.filter((_, i) => i % 2 === 1)) expect(await world.run(batch)).toEqual([]);
        })(),
      ]);
      expect(results).toHaveLength(2);
      expect(
        sent()
          .map(({ title }) => title)
          .sort(),
      ).toEqual(EXPECTED.toSorted());
      expect(rulesOnBus().sort()).toEqual(['first-token', 'many-denials', 'updated']);
      expect(await eventsStored()).toEqual(EVENTS_OF);
    }),
    { numRuns: scaled(10, 150) },
  );
}, 240_000);
