import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freshnessLine, problemLines } from '../../shared/render/completeness.ts';
import { eventText } from '../../shared/render/event-text.ts';
import { timeDisplay } from '../../shared/render/times.ts';
import type { View } from '../../shared/render/view.ts';
import type { DeliveredEvent } from '../../shared/store/event-item.ts';
import { getEvent } from '../../shared/store/events-table.ts';
import { EventStore } from '../support/event-store.ts';

const NOW = Date.parse('2026-11-13T12:00:00Z');
const VIEW: View = { colour: false, times: { kind: 'absolute', zone: 'Europe/Berlin', now: NOW } };

let store: EventStore;
let event: DeliveredEvent;

beforeAll(async () => {
  store = await EventStore.start({ now: NOW });
  const record = {
    userAgent: 'evil\u202e',
    requestParameters: { Name: 'prod', big: 12345678901234567890n.toString() },
  };
  await store.add({ id: 'a', time: '2026-11-13T09:00:00Z', error: 'AccessDenied', environment: 'prod', record });
  event = (await getEvent(store.deps.dynamo, store.tables.eventsTable, 'a', NOW)) as DeliveredEvent;
});
afterAll(() => store.stop());

describe('one event', () => {
  test('shows its attributes before the record', () => {
    const [facts, record] = eventText(event, VIEW).split('\n\n');
    expect(facts).toBe(
      `Environment read, on prod: denied
outcome      denied: not allowed
             AccessDenied: not allowed
what         environment.read, read, GetEnvironment
parameters   big
environment  prod
who          ana
             IAMUser, arn:aws:iam::111122223333:user/ana
from         203.0.113.7
             evil\\u202e
when         2026-11-13 10:00:00 UTC+01:00, 3h ago
account      111122223333, eu-west-1
event ID     a
kind         Management, read-only
read from    s3://bucket/key.json.gz Records[0]
stored       2026-11-20 01:00:00 UTC+01:00`,
    );
    expect(JSON.parse(record!)).toEqual(JSON.parse(event.record!));
    expect(record).toContain('\\u202e');
  });

  test.each([20, 40, 80])('breaks facts at the spaces of a terminal of %i columns, and words nowhere', (width) => {
    const told = {
      ...event,
      errorMessage: `${'not allowed '.repeat(20)}${'x'.repeat(100)}`,
      environment: 'p'.repeat(60),
    };
    const shown = (view: View) => eventText(told, view).split('\n\n')[0]!;
    const lines = shown({ ...VIEW, width }).split('\n');
    for (const line of lines) if (line.length > width) expect(line.slice(13)).not.toContain(' ');
    expect(lines.join(' ').split(/ +/)).toEqual(shown(VIEW).split(/\s+/));
  });

  const facts = (attributes: object) => {
    const [text = ''] = eventText({ ...event, ...attributes }, VIEW).split('\n\n');
    const lines = text.split('\n');
    /** The lines under a label. */
    return (label: string) => {
      const start = lines.findIndex((line) => line.startsWith(`${label} `));
      const end = lines.findIndex((line, i) => i > start && !line.startsWith(' '));
      return start < 0 ? [] : lines.slice(start, end).map((line) => line.slice(13));
    };
  };

  test.each([
    [
      {
        user: 'mei',
        role: 'Admin',
        username: 'incident',
        principal: 'Admin/incident',
        accessKeyId: 'ASIA1',
        mfa: true,
      },
      ['mei', 'role Admin, session incident', 'IAMUser', 'access key ASIA1, issued with MFA'],
    ],
    [
      { user: 'sara', username: 'sara', principal: 'idp:sara', mfa: false },
      ['sara', 'principal idp:sara', 'IAMUser', 'credentials, issued without MFA'],
    ],
    [{ user: 'Job', role: 'Job', principal: 'Job' }, ['Job', 'role Job', 'IAMUser']],
    [{ user: '42', username: 'x', principal: '42' }, ['42', 'Username x', 'IAMUser']],
  ])('says who it was: %j', (who, expected) => {
    const nobody = { user: undefined, role: undefined, username: undefined, principalArn: undefined };
    expect(facts({ ...nobody, ...who })('who')).toEqual(expected);
  });

  test('says what was done, and does not say it twice', () => {
    const update = { action: 'environment.update', eventName: 'UpdateEnvironment', access: 'write' } as const;
    const of = facts({ ...update, target: 'MaxWorkers, MinWorkers', parameters: ['MaxWorkers', 'MinWorkers'] });
    expect(of('what')).toEqual(['environment.update, write, UpdateEnvironment']);
    expect([of('target'), of('parameters')]).toEqual([['MaxWorkers, MinWorkers'], []]);
    const deleted = { ...event, action: 'connection.delete', target: 'warehouse', outcome: 'ok' } as const;
    expect(eventText(deleted, VIEW)).toMatch(/^Connection deleted: warehouse, on prod: ok\noutcome +ok\n/);
    const unknown = { ...event, action: 'NewOperation', eventName: 'NewOperation' };
    expect(eventText(unknown, VIEW)).toMatch(/^NewOperation, on prod: denied\n(?:.*\n)*what +NewOperation, read\n/);
  });

  test('has a line with each part of the outcome, shortest first', () => {
    const failed = { outcome: 'failed', errorCode: 'RestApiClientException', statusCode: 404 } as const;
    expect(facts({ ...failed, errorMessage: undefined })('outcome')).toEqual([
      'failed: 404 from Airflow',
      'RestApiClientException',
    ]);
    expect(facts({ outcome: 'failed', errorCode: 'Throttled', errorMessage: 'slow' })('outcome')).toEqual([
      'failed: Throttled: slow',
    ]);
  });

  test('shows masked paths, flags, and where an omitted record is', () => {
    const { record: _, ...omitted } = {
      ...event,
      redacted: ['responseElements.WebToken'],
      flags: ['record-omitted' as const],
    };
    const text = eventText(omitted, VIEW);
    expect(text).toMatch(/^masked +responseElements\.WebToken\nflags +record-omitted$/m);
    expect(text).toContain('The record was too big to be stored: it is Records[0] of s3://bucket/key.json.gz');
  });

  test('of a provisional event says in each place that there is no log file', () => {
    const { logFile: _, recordIndex: __, ...attributes } = event;
    const provisional = { ...attributes, provisional: true as const, verification: 'no-log-file' as const };
    const text = eventText(provisional, VIEW);
    expect(text).toMatch(/^read from +not yet in a log file: the event is provisional until a log file brings it$/m);
    expect(text).toMatch(/^verified +no, nothing proves a provisional event$/m);
    const { record, ...omitted } = provisional;
    const withoutRecord = eventText(omitted, VIEW);
    expect(withoutRecord).toContain('too big to be stored, and no log file has brought the event yet.');
    for (const shown of [text, withoutRecord]) expect(shown).not.toMatch(/undefined|s3:/);
  });

  test('shows the record before it was amended', () => {
    const previousVersions = [{ ...event, record: '{"old":1}', logFile: 'logs/old.json.gz', recordIndex: 2 }];
    expect(eventText({ ...event, previousVersions }, VIEW)).toMatch(
      /amended: s3:\/\/logs\/old\.json\.gz Records\[2\]\n\{\n {2}"old": 1\n\}\n$/,
    );
  });

  test('is emphasized if there are colours', () => {
    expect(eventText(event, { ...VIEW, colour: true })).toContain('\u001b[31mEnvironment read');
  });
});

describe('completeness', () => {
  const times = timeDisplay({ kind: 'absolute', zone: 'UTC', now: NOW });
  const complete = { newestLogFiles: [], problems: [], problemsTruncated: false };
  const newest = { account: '111122223333', region: 'eu-west-1', deliveredAt: '2026-11-13T08:41:00Z' };

  test('is the newest log file, and the Region that is furthest behind', () => {
    expect(freshnessLine(complete, times)).toBeUndefined();
    expect(freshnessLine({ ...complete, newestLogFiles: [newest] }, times)).toBe(
      'Log files read up to 2026-11-13 08:41:00 UTC.',
    );
    const behind = { account: '444455556666', region: 'us-east-1', deliveredAt: '2026-11-10T00:00:00Z' };
    expect(freshnessLine({ ...complete, newestLogFiles: [behind, newest] }, times)).toBe(
      'Log files read up to 2026-11-13 08:41:00 UTC (2 accounts and Regions; 444455556666 us-east-1 up to 2026-11-10 00:00:00 UTC).',
    );
  });

  test('names what is missing, a few of each kind', () => {
    const problem = (n: number) => ({ logFile: `b/${n}`, state: 'failed' as const, deliveryDay: '2026-11-13' });
    const problems = [1, 2, 3, 4, 5].map(problem);
    expect(problemLines({ ...complete, problems, problemsTruncated: true })).toEqual([
      'Incomplete: reading 5 or more log files failed, and will be retried: s3://b/1, s3://b/2, s3://b/3 and 2 more.',
    ]);
    expect(problemLines(complete)).toEqual([]);
  });
});
