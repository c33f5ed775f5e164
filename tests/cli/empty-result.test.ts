import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { likelyCauses } from '../../shared/query/likely-causes.ts';
import { nearestNames } from '../../shared/query/near-names.ts';
import { askStore, EventStore } from '../support/event-store.ts';

const clock = { now: Date.parse('2026-11-20T12:00:00Z') };
let store: EventStore;
let empty: EventStore;

beforeAll(async () => {
  [store, empty] = await Promise.all([EventStore.start(clock), EventStore.start(clock)]);
  await store.add(
    { id: 'a', time: '2026-11-01T00:00:00Z', environment: 'prod-etl' },
    { id: 'b', time: '2026-11-10T00:00:00Z', environment: 'prod-etl' },
    { id: 'c', time: '2026-11-10T00:00:00Z', environment: 'staging' },
  );
  await store.addLogFile({});
});
afterAll(() => Promise.all([store.stop(), empty.stop()]));

describe('the likely causes of an empty result', () => {
  test.each([
    [
      'a wrong name',
      { environment: ['prod-elt'] },
      [{ kind: 'unknown-environment', name: 'prod-elt', nearest: ['prod-etl'] }],
    ],
    ['another name', { environment: ['zzz'] }, [{ kind: 'unknown-environment', name: 'zzz', nearest: [] }]],
    [
      'events only at other times',
      { environment: ['prod-etl'], since: '2026-11-05T00:00:00.000Z', until: '2026-11-06T00:00:00.000Z' },
      [{ kind: 'outside-times', before: '2026-11-01T00:00:00Z', after: '2026-11-10T00:00:00Z' }],
    ],
    [
      'the last minutes',
      { eventName: ['TagResource'], since: '2026-11-20T11:50:00.000Z' },
      [{ kind: 'delivery-delay' }],
    ],
    ['data events', { eventName: ['InvokeRestApi'] }, [{ kind: 'data-events' }]],
    ['a value that is not there', { principal: ['Ana'] }, [{ kind: 'exact-match' }]],
    ['nothing to say', { environment: ['staging'], errors: true as const }, []],
  ])('%s', async (_, criteria, causes) => {
    expect(await likelyCauses(criteria, store.deps)).toEqual(causes);
  });

  test('an empty store', async () => {
    expect(await likelyCauses({ environment: ['x'] }, empty.deps)).toEqual([{ kind: 'empty-store' }]);
  });

  test('names are near when few letters differ, or one holds the other', () => {
    const known = ['prod-etl', 'prod-elt', 'staging', 'dev-sandbox'];
    expect(nearestNames('prod-etll', known)).toEqual(['prod-etl', 'prod-elt']);
    expect(nearestNames('STAGING', known)).toEqual(['staging']);
    expect(nearestNames('sandbox', known)).toEqual(['dev-sandbox']);
    expect(nearestNames('__proto__', known)).toEqual([]);
  });
});

describe('the program', () => {
  test('says them on standard error, and exits with 0', async () => {
    const { code, stdout, stderr } = await askStore(store, 'query', '--environment', 'prod-elt\u001b');
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toBe(
      'No events match.\n- No event names the environment "prod-elt\\u001b": did you mean "prod-etl"?\n',
    );
  });

  test('says nothing of that when there are events, or JSON is wanted', async () => {
    expect((await askStore(store, 'query')).stderr).toBe('');
    expect((await askStore(store, 'query', '--errors', '--format', 'json')).stdout).toBe('[]\n');
  });

  test('names log files of which something is missing in the range', async () => {
    await store.addLogFile({ key: 'bad.json.gz', state: 'quarantined', reason: 'gzip-corrupt' });
    const { stderr } = await askStore(store, 'query', '--since', '2026-11-09');
    expect(stderr).toBe(
      'Not complete: nothing of 1 log file is stored (bad, in quarantine): s3://bucket/bad.json.gz (gzip-corrupt).\n',
    );
    expect((await askStore(store, 'query', '--since', '2026-11-01', '--until', '2026-11-05')).stderr).toBe('');
  });

  test('names the flag that is wrong', async () => {
    expect(await askStore(store, 'query', '--event-name', '')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--event-name: expected'),
    });
  });

  test('explains a plan in words', async () => {
    const { stderr } = await askStore(
      store,
      'query',
      '--environment',
      'staging',
      '--principal',
      'ana',
      '--errors',
      '--explain',
    );
    expect(stderr).toMatch(/^index: +byPrincipal, newest-first\nlookup: +principal = "ana"\n/);
    expect(stderr).toContain('(environment IN ("staging")) AND attribute_exists(errorCode) AND not expired');
    expect(stderr).toMatch(/^cost: +1 request, [\d.]+ read units/m);
  });
});
