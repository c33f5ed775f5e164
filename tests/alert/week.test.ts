import { basename } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { loadRules } from '../../cli/detect/load-rules.ts';
import { toAuditEvent } from '../../shared/audit-event/to-audit-event.ts';
import { Findings } from '../../shared/detect/detect-stored.ts';
import { Detector } from '../../shared/detect/detector.ts';
import type { DetectableEvent } from '../../shared/detect/fields.ts';
import { readRules } from '../../shared/detect/read-rules.ts';
import { MemoryState } from '../../shared/detect/state.ts';
import { type Incident, weekWithIncidents } from '../support/incidents.ts';
import { scaled, seeds } from '../support/scale.ts';
import { COMPANY_LISTS, type TrafficRecord } from '../support/traffic.ts';

const folders = await loadRules([]);
const lists = { path: 'lists.yml', text: JSON.stringify(COMPANY_LISTS) };
const { rules } = readRules([...folders, { files: [], lists }]);
const FILES = new Map(rules.map(({ id, path }) => [id, basename(path, '.yml').replace('aws_mwaa_', '')]));

/** The least number of false findings that somebody who watches a week can live with. */
const MAX_FALSE = 3;

/** A finding, wherever it was reported. */
interface Found {
  rule: { id: string };
  eventIds: readonly string[];
}

/** Compares findings with what was planted. */
function judge(incidents: readonly Incident[], findings: readonly Found[]) {
  const planted = new Map(incidents.flatMap(({ name, eventIds }) => eventIds.map((id) => [id, name] as const)));
  const found = findings.map(({ rule, eventIds }) => ({
    rule: FILES.get(rule.id)!,
    incident: eventIds.map((id) => planted.get(id)).find((name) => name !== undefined),
  }));
  return {
    missed: incidents.flatMap(({ name, rules: wanted }) =>
      wanted
        .filter((rule) => !found.some((one) => one.rule === rule && one.incident === name))
        .map((rule) => `${name}: ${rule}`),
    ),
    false: found.filter(({ incident }) => incident === undefined).map(({ rule }) => rule),
  };
}

function eventOf(record: TrafficRecord): DetectableEvent {
  const read = toAuditEvent(JSON.stringify(record), {
    provisional: true,
    keyAccount: undefined,
    now: Date.parse('2027-01-01'),
  });
  if (read.kind !== 'event') throw new Error('expected an event');
  return read.event;
}

describe('three weeks of traffic, with twenty incidents in the last one', () => {
  test('has an incident for each rule', () => {
    const { incidents } = weekWithIncidents(1, 12);
    expect(incidents).toHaveLength(20);
    const alone = rules.filter((rule) => rule.kind === 'correlation' || !rule.isPart);
    expect(new Set(incidents.flatMap((incident) => incident.rules))).toEqual(
      new Set(alone.map(({ id }) => FILES.get(id))),
    );
  });

  test.each(seeds(scaled(1, 30)))('seed %i: the rules find all, and cry wolf thrice at most', async (seed) => {
    const { records, incidents } = weekWithIncidents(seed, scaled(6, 1));
    const detector = new Detector(rules, new MemoryState());
    const findings = new Findings();
    for (const event of records.map(eventOf))
      for (const verdict of await detector.evaluate(event)) findings.add(event, verdict);
    const judged = judge(incidents, findings.newestFirst());
    expect(judged.missed).toEqual([]);
    expect(judged.false.length).toBeLessThanOrEqual(MAX_FALSE);
    console.log(records.length, judged);
  });
});
