import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { attributeOf, attributesWhere } from '../audit-event/attributes.ts';
import { dateOf } from '../detect/fields.ts';
import { TrailError } from '../errors.ts';
import type { StoredEvent } from '../store/event-item.ts';
import type { SentFinding } from './alerted-finding.ts';
import { type Arrival, arrivalOf } from './arrival.ts';

/** `source` of everything on the bus. */
export const SOURCE = 'mwaa-trail';
const DETAIL_TYPES = { event: 'MWAA audit event', finding: 'MWAA audit finding' } as const;
/** The version of both schemas (docs/alerts.md). Raise it if a member gets another meaning or is gone; members may be added. */
const VERSION = '1';

/** What is sent to the bus. */
interface BusEntry {
  DetailType: (typeof DETAIL_TYPES)[keyof typeof DETAIL_TYPES];
  /** Undefined: when EventBridge receives it. */
  Time: Date | undefined;
  /** JSON. */
  Detail: string;
}

/** What lists show of an event. */
const LISTED = attributesWhere(({ shown }) => shown === 'list');
/** EventBridge takes 256 KB in a request, everything counted. */
const MAX_DETAIL_BYTES = 200 * 1024;

/** An event, without its record. */
export function eventEntry(event: StoredEvent): BusEntry {
  const listed = Object.fromEntries(LISTED.map((name) => [name, attributeOf(event, name)]));
  const head: { version: string; arrival: Arrival } = { version: VERSION, arrival: arrivalOf(event) };
  const whole = JSON.stringify({ ...head, ...listed });
  // The only list, and so the only attribute without a bound.
  const Detail =
    Buffer.byteLength(whole) <= MAX_DETAIL_BYTES
      ? whole
      : JSON.stringify({ ...head, ...listed, parameters: [], parametersOmitted: true });
  return { DetailType: DETAIL_TYPES.event, Time: dateOf(event), Detail };
}

export function findingEntry(finding: SentFinding): BusEntry {
  const time = new Date(finding.time);
  return {
    DetailType: DETAIL_TYPES.finding,
    Time: Number.isNaN(time.getTime()) ? undefined : time,
    Detail: JSON.stringify({ version: VERSION, ...finding }),
  };
}

const MAX_ENTRIES = 10;
const MAX_REQUEST_BYTES = 250 * 1024;
const MAX_ROUNDS = 5;
const PAUSE_MS = 100;

export interface BusDeps {
  events: EventBridgeClient;
  bus: string;
  sleep(milliseconds: number): Promise<unknown>;
}

/**
 * Puts entries on the bus. Those that EventBridge did not take are put again; an entry may arrive twice.
 * @returns why each entry that was not taken was not, by its index
 */
export async function putOnBus(
  entries: readonly BusEntry[],
  { events, bus, sleep }: BusDeps,
): Promise<ReadonlyMap<number, unknown>> {
  const failed = new Map<number, unknown>();
  for (const batch of batchesOf(entries)) {
    let left = batch;
    for (let round = 0; left.length > 0; round += 1) {
      if (round > 0) await sleep(PAUSE_MS * 2 ** round * Math.random());
      try {
        const command = new PutEventsCommand({
          Entries: left.map(([, entry]) => ({ ...entry, EventBusName: bus, Source: SOURCE })),
        });
        const { Entries = [] } = await events.send(command);
        const isTaken = (i: number) => Entries[i]?.EventId !== undefined;
        for (const [i, [index]] of left.entries()) {
          if (isTaken(i)) failed.delete(index);
          else failed.set(index, notTaken(Entries[i]?.ErrorCode));
        }
        left = left.filter((_, i) => !isTaken(i));
      } catch (error) {
        for (const [index] of left) failed.set(index, error);
        break;
      }
      if (round === MAX_ROUNDS - 1) break;
    }
  }
  return failed;
}

const notTaken = (code = 'no EventId') =>
  new TrailError('bus-refused', `the event bus: expected it to take an event (${code})`);

type Numbered = [index: number, entry: BusEntry];

function batchesOf(entries: readonly BusEntry[]): Numbered[][] {
  const batches: Numbered[][] = [];
  let bytes = 0;
  for (const [i, entry] of entries.entries()) {
    const size = sizeOf(entry);
    const last = batches.at(-1);
    if (last === undefined || last.length === MAX_ENTRIES || bytes + size > MAX_REQUEST_BYTES) {
      batches.push([[i, entry]]);
      bytes = size;
    } else {
      last.push([i, entry]);
      bytes += size;
    }
  }
  return batches;
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html: 14 bytes are the time. */
const sizeOf = ({ DetailType, Detail }: BusEntry) => 14 + SOURCE.length + DetailType.length + Buffer.byteLength(Detail);
