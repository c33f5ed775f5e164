import { basename } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { loadRules } from '../../cli/detect/load-rules.ts';
import { toAuditEvent } from '../../shared/audit-event/to-audit-event.ts';
import { detectStored, Findings } from '../../shared/detect/detect-stored.ts';
import { Detector } from '../../shared/detect/detector.ts';
import type { DetectableEvent } from '../../shared/detect/fields.ts';
import { readRules } from '../../shared/detect/read-rules.ts';
import { MemoryState } from '../../shared/detect/state.ts';
import { text } from '../../shared/store/item.ts';
import { AlertWorld, type StreamRecord } from '../support/alert-world.ts';
import { AwsError } from '../support/fake-aws.ts';
import { type Incident, weekWithIncidents } from '../support/incidents.ts';
import { type Random, seededRandom } from '../support/random.ts';
import { scaled, seeds } from '../support/scale.ts';
import { COMPANY_LISTS, LAST_WEEK, type TrafficRecord, type Volume } from '../support/traffic.ts';

const folders = await loadRules([]);
const lists = { path: 'lists.yml', text: JSON.stringify(COMPANY_LISTS) };
const { rules } = readRules([...folders, { files: [], lists }]);
const FILES = new Map(rules.map(({ id, path }) => [id, basename(path, '.yml').replace('aws_mwaa_', '')]));

/** About 500 events, and about 3,000. */
const LITTLE: Volume = { pollHours: 24, attendance: 0.2 };
const MUCH: Volume = { pollHours: 1, attendance: 0.9 };
/** The most false findings that somebody who watches a week can live with. */
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

function expectAllFound(judged: ReturnType<typeof judge>): void {
  expect(judged.missed).toEqual([]);
  expect({ ...judged, isQuiet: judged.false.length <= MAX_FALSE }).toMatchObject({ isQuiet: true });
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

/** What the topic was given. */
const published = (world: AlertWorld) => world.published.map(({ bodies }) => JSON.parse(bodies.sqs!) as Found);

/**
 * Delivers the records of the last week as a stream does: nearly in the order of time, in small batches, some of them twice. Now
 * and then the topic or the bus does not answer.
 */
async function deliver(world: AlertWorld, records: readonly TrafficRecord[], random: Random): Promise<void> {
  world.refuse = () => (random.chance(0.05) ? new AwsError('InternalError', 500) : undefined);
  for (let start = 0; start < records.length; start += 40) {
    const some = records.slice(start, start + 40);
    const changes = await Promise.all(some.map((record) => changeOf(world, record)));
    const repeated = changes.filter(() => random.chance(0.1));
    let left = random.shuffled([...changes, ...repeated]);
    while (left.length > 0) {
      const batch = left.slice(0, 1 + random.below(10));
      const [failed] = await world.run(batch);
      const done =
        failed === undefined ? batch.length : batch.findIndex(({ dynamodb }) => dynamodb.SequenceNumber === failed);
      left = left.slice(done);
    }
  }
}

/** The records of the last week: those of incidents, and as many of the others as there is time for. */
function delivered(
  records: readonly TrafficRecord[],
  incidents: readonly Incident[],
  random: Random,
): readonly TrafficRecord[] {
  const planted = new Set(incidents.flatMap(({ eventIds }) => eventIds));
  return records.filter(
    ({ eventID, eventTime }) =>
      Date.parse(eventTime) >= LAST_WEEK && (planted.has(eventID) || random.chance(scaled(0.2, 1))),
  );
}

/** The change with which the event of a record was stored, soon after it happened. */
function changeOf(world: AlertWorld, { eventID, eventTime }: TrafficRecord): Promise<StreamRecord> {
  const ingested = Date.parse(eventTime) + 5 * 60_000;
  world.clock.now = Math.max(world.clock.now, ingested);
  return world.recordOf(eventID, { ingestedAt: text(new Date(ingested).toISOString()) });
}

describe('three weeks of traffic, with twenty incidents in the last one', () => {
  test('has an incident for each rule', () => {
    const { incidents } = weekWithIncidents(1, LITTLE);
    expect(incidents).toHaveLength(20);
    const alone = rules.filter((rule) => rule.kind === 'correlation' || !rule.isPart);
    expect(new Set(incidents.flatMap((incident) => incident.rules))).toEqual(
      new Set(alone.map(({ id }) => FILES.get(id))),
    );
  });

  for (const seed of scaled([], seeds(30)))
    test(`seed ${seed}: the rules find all, and cry wolf thrice at most`, async () => {
      const { records, incidents } = weekWithIncidents(seed, MUCH);
      const detector = new Detector(rules, new MemoryState());
      const findings = new Findings();
      for (const event of records.map(eventOf))
        for (const verdict of await detector.evaluate(event)) findings.add(event, verdict);
      expectAllFound(judge(incidents, findings.newestFirst()));
    });

  test.each(seeds(scaled(1, 3)))(
    'seed %i: detect finds all in a store, and the alert function as the events come',
    async (seed) => {
      const { records, incidents } = weekWithIncidents(seed, scaled(LITTLE, MUCH));
      const random = seededRandom(seed);
      const world = await AlertWorld.start(rules);
      try {
        await world.store.addRecords(records);
        world.clock.now = Date.parse(records.at(-1)!.eventTime);
        const { findings } = await detectStored(rules, {}, world.store.deps);
        expectAllFound(judge(incidents, findings));
        world.clock.now = LAST_WEEK;
        await deliver(world, delivered(records, incidents, random), random);
        expectAllFound(judge(incidents, published(world)));
      } finally {
        await world.stop();
      }
    },
    scaled(60_000, 600_000),
  );
});
