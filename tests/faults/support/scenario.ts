import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { type ExpectedEvent, generateEvents, generateOthers } from '../../support/generate-records.ts';
import { type Random, seededRandom } from '../../support/random.ts';
import { logFileKey } from '../../support/world.ts';

/** What a generated set of log files looks like. */
export type Shape = 'one' | 'few' | 'dense' | 'cloudtrail';

/** What an item of the events table must hold, decided when its record was made up. */
export interface ExpectedItem {
  attributes: ExpectedEvent;
  /** The text of the record, secrets masked. */
  record: string;
  /** The text of the record that an addendum replaced. */
  previousRecord?: string;
  isAddendum: boolean;
}

export interface ExpectedCounts {
  recordsRead: number;
  /** Stored by this file, or known before. */
  events: number;
  recordsFiltered: number;
  recordsQuarantined: number;
}

export interface ScenarioFile {
  name: string;
  key: string;
  bytes: Buffer;
  /** Hexadecimal, of the text. */
  sha256: string;
  counts: ExpectedCounts;
  eventIds: string[];
  badRecords: { index: number; reason: string; text: string }[];
}

/** Log files, and what must be in the tables and the quarantine when they have been ingested, in whatever order. */
export interface Scenario {
  files: ScenarioFile[];
  events: Map<string, ExpectedItem>;
}

const SIZES: Readonly<Record<Shape, { files: number; events: number; others: number; padding: number }>> = {
  one: { files: 1, events: 3, others: 2, padding: 0 },
  few: { files: 2, events: 4, others: 5, padding: 0 },
  dense: { files: 1, events: 16, others: 3, padding: 0 },
  // A busy account: files of some hundred kilobytes, and MWAA is one or two per cent of it.
  cloudtrail: { files: 2, events: 4, others: 250, padding: 900 },
};

/** Few, so that little is written beside the events. */
const DAYS = 2;

/** One element of `Records`. */
type Entry =
  | { kind: 'event'; eventId: string; text: string }
  | { kind: 'filtered'; text: string }
  | { kind: 'bad'; reason: string; text: string };

export function generateScenario(seed: number, shape: Shape): Scenario {
  const random = seededRandom(seed);
  const size = SIZES[shape];
  const events = new Map<string, ExpectedItem>();
  /** Records that more files may hold: a trail delivers twice, and two trails deliver the same. */
  const repeatable: Entry[] = [];
  const files: ScenarioFile[] = [];
  const generated = generateEvents(seed, size.events * size.files, DAYS);
  const others = generateOthers(seed, size.others * size.files);
  const noise = random.hex(size.padding * 16);
  for (let i = 0; i < size.files; i += 1) {
    const entries: Entry[] = [];
    for (const [j, { expected, record }] of generated.slice(i * size.events, (i + 1) * size.events).entries()) {
      const { text, masked } = textsOf(random, record, expected);
      const event: Entry = { kind: 'event', eventId: expected.eventId, text };
      events.set(expected.eventId, { attributes: expected, record: masked, isAddendum: false });
      entries.push(event);
      if (j === 0 || random.chance(0.3)) repeatable.push(event);
      if (shape !== 'one' && random.chance(0.1)) repeatable.push(amend(events, expected.eventId, record));
    }
    for (const record of others.slice(i * size.others, (i + 1) * size.others)) {
      const start = random.below(size.padding * 15);
      const padded = { ...record, additionalEventData: noise.slice(start, start + size.padding) };
      entries.push({ kind: 'filtered', text: JSON.stringify(padded) });
    }
    entries.push(...oddEntries(random), ...random.shuffled(repeatable).slice(0, 4));
    files.push(toFile(random, `s${seed}-${shape}-${i}`, random.shuffled(entries)));
  }
  // What no file has taken up yet: every addendum must be somewhere.
  if (shape !== 'one') files.push(toFile(random, `s${seed}-${shape}-rest`, random.shuffled(repeatable)));
  return { files, events };
}

/** The record's text, with white space and secrets in some, and the text that is to be stored. */
function textsOf(random: Random, record: Record<string, unknown>, expected: ExpectedEvent) {
  const indent = random.chance(0.2) ? 1 : undefined;
  const written = (token: string) => {
    const withToken = { ...record, responseElements: { CliToken: token } };
    return JSON.stringify(withToken, null, indent);
  };
  if (expected.errorCode === undefined && random.chance(0.3)) {
    return { text: written(`canary-${random.hex(12)}`), masked: written('***') };
  }
  const text = JSON.stringify(record, null, indent);
  return { text, masked: text };
}

/** Makes up an addendum to an event, and notes that it wins. */
function amend(events: Map<string, ExpectedItem>, eventId: string, record: Record<string, unknown>): Entry {
  const original = events.get(eventId)!;
  const addendum = { reason: 'UPDATED_DATA', updatedFields: 'responseElements', originalEventID: eventId };
  const text = JSON.stringify({ ...record, userAgent: 'amended', addendum });
  events.set(eventId, { ...original, record: text, previousRecord: original.record, isAddendum: true });
  return { kind: 'event', eventId, text };
}

/** Bad records, and records that the rules skip; each file has another choice. */
function oddEntries(random: Random): Entry[] {
  const mwaa = { eventVersion: '1.11', eventSource: 'airflow.amazonaws.com', eventTime: '2026-11-02T09:15:00Z' };
  const bad = (reason: string, record: unknown): Entry => ({ kind: 'bad', reason, text: JSON.stringify(record) });
  const all: Entry[] = [
    bad('not-an-object', null),
    bad('not-an-object', `text ${random.hex(4)}`),
    bad('not-an-object', [mwaa]),
    bad('event-id-missing', { ...mwaa, eventName: random.hex(4) }),
    bad('event-id-missing', { ...mwaa, eventID: '', eventName: random.hex(4) }),
    bad('event-id-malformed', { ...mwaa, eventID: 17, eventName: random.hex(4) }),
    bad('event-id-too-long', { ...mwaa, eventID: random.hex(513) }),
    { kind: 'filtered', text: JSON.stringify({ ...mwaa, eventCategory: 'Aggregated' }) },
    { kind: 'filtered', text: JSON.stringify({ ...mwaa, eventCategory: 'Insight' }) },
  ];
  return random.shuffled(all).slice(0, 2);
}

function toFile(random: Random, name: string, entries: readonly Entry[]): ScenarioFile {
  const text = Buffer.from(`{"Records":[${entries.map((entry) => entry.text).join(random.pick([',', ', ', ',\n']))}]}`);
  const middle = random.below(text.length);
  const members = random.chance(0.2) ? [text.subarray(0, middle), text.subarray(middle)] : [text];
  const count = (kind: Entry['kind']) => entries.filter((entry) => entry.kind === kind).length;
  return {
    name,
    key: logFileKey(name),
    bytes: Buffer.concat(members.map((member) => gzipSync(member))),
    sha256: createHash('sha256').update(text).digest('hex'),
    counts: {
      recordsRead: entries.length,
      events: count('event'),
      recordsFiltered: count('filtered'),
      recordsQuarantined: count('bad'),
    },
    eventIds: entries.flatMap((entry) => (entry.kind === 'event' ? [entry.eventId] : [])),
    badRecords: entries.flatMap((entry, index) =>
      entry.kind === 'bad' ? [{ index, reason: entry.reason, text: entry.text }] : [],
    ),
  };
}
