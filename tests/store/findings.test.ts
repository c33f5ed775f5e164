import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DAY_MS } from '../../shared/cloudtrail/times.ts';
import { defined } from '../../shared/defined.ts';
import {
  findingKey,
  listFindings,
  type NewFinding,
  resolveFinding,
  type StoredFinding,
  writeFinding,
} from '../../shared/store/findings.ts';
import { ledgerKey } from '../../shared/store/ledger-entry.ts';
import { createTables, uniqueTableNames, useServers } from '../support/servers.ts';

const servers = useServers();

const START = Date.UTC(2026, 10, 20);
const timeOf = (day: number) => new Date(START + day * DAY_MS).toISOString();

/** Few different ones, so that the same comes again. */
const finding: fc.Arbitrary<NewFinding> = fc
  .record({
    kind: fc.constantFrom('digest-missing', 'logging-gap'),
    digest: fc.constantFrom('a', 'a/b'),
    key: fc.constantFrom(undefined, 'a', 'b/c'),
    from: fc.constantFrom(undefined, timeOf(-2)),
    detail: fc.constantFrom('a sentence', 'another one'),
  })
  .map(({ key, from, ...others }) => ({
    ...{ account: '111122223333', region: 'eu-west-1', bucket: 'logs' },
    ...others,
    ...defined({ key, from, to: from }),
  }));
const step = fc.record({
  finding,
  does: fc.constantFrom('write' as const, 'write' as const, 'resolve' as const),
  days: fc.nat({ max: 150 }),
});

test('findings are stored once each, with when they were seen, until long after that', async () => {
  const { client } = servers.dynamo;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), fc.integer({ min: 1, max: 5 }), async (steps, limit) => {
      const tables = uniqueTableNames();
      await createTables(client, tables);
      const table = tables.logFilesTable;
      const model = new Map<string, StoredFinding>();
      let day = 0;
      for (const { finding, does, days } of steps) {
        day += days;
        const time = timeOf(day);
        const known = model.get(findingKey(finding));
        if (does === 'write') {
          await writeFinding(client, table, finding, time);
          model.set(findingKey(finding), { ...finding, firstSeen: known?.firstSeen ?? time, lastSeen: time });
        } else {
          await resolveFinding(client, table, finding, time);
          if (known) model.set(findingKey(finding), { ...known, resolvedAt: time });
        }
      }
      const now = START + day * DAY_MS;
      const living = [...model.values()].filter(({ lastSeen }) => Date.parse(lastSeen) + 400 * DAY_MS > now);
      const found = await listFindings(client, table, now);
      const byKey = (a: StoredFinding, b: StoredFinding) => (findingKey(a) < findingKey(b) ? -1 : 1);
      expect(found.toSorted(byKey)).toEqual(living.toSorted(byKey));
      const times = found.map(({ firstSeen }) => firstSeen);
      expect(times).toEqual(times.toSorted().reverse());
      const newest = await listFindings(client, table, now, { limit });
      expect(newest.length).toBeLessThanOrEqual(limit);
      if (living.length === model.size) expect(newest.map(({ firstSeen }) => firstSeen)).toEqual(times.slice(0, limit));
    }),
    { numRuns: 15 },
  );
}, 60_000);

test('what makes a finding another one is in its key, and no log file has such a key', () => {
  const identity = ({ kind, digest, key, from, to }: NewFinding) => JSON.stringify([kind, digest, key ?? 0, from, to]);
  fc.assert(
    fc.property(finding, finding, (one, other) => {
      expect(findingKey(one) === findingKey(other)).toBe(identity(one) === identity(other));
      expect(findingKey(one)).not.toBe(ledgerKey({ bucket: 'logs', key: one.digest ?? '' }));
      expect(findingKey(one)).toMatch(/^#finding\//);
    }),
  );
});
