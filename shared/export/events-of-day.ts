import { pMapIterable } from 'p-map';
import type { QueryDeps } from '../query/ask.ts';
import type { StoredEvent } from '../store/event-item.ts';
import { eventIdsOfDay, getEvents } from '../store/events-table.ts';
import { readVerifications } from '../store/ledger.ts';
import type { EventVerification } from '../store/ledger-entry.ts';
import type { ExportedEvent } from './native.ts';

/** Requests for events at the same time; each brings up to 100. */
const CONCURRENCY = 4;

/** Yields the events of a day that have not expired, in the order of time, each with the verification of its log file. */
export async function* eventsOfDay(day: string, deps: QueryDeps): AsyncGenerator<ExportedEvent, void, void> {
  const { dynamo, tables, now } = deps;
  const verifications = new Verifications(deps);
  const read = async (eventIds: readonly string[]): Promise<ExportedEvent[]> => {
    const byId = new Map<string, StoredEvent>();
    for await (const events of getEvents(dynamo, tables.eventsTable, eventIds))
      for (const event of events) byId.set(event.eventId, event);
    const events = eventIds.flatMap((eventId) => byId.get(eventId) ?? []);
    const known = await verifications.of(new Set(events.flatMap(({ logFile }) => logFile ?? [])));
    return events.map((event) => ({
      ...event,
      ...(event.provisional ? NO_LOG_FILE : (known.get(event.logFile ?? '') ?? PENDING)),
    }));
  };
  const batches = pMapIterable(eventIdsOfDay(dynamo, tables.eventsTable, day), read, { concurrency: CONCURRENCY });
  for await (const events of batches)
    for (const event of events) {
      const isExpired = event.expiresAt !== undefined && event.expiresAt <= now() / 1000;
      // An addendum may have moved it to another day meanwhile.
      if (!isExpired && event.day === day) yield event;
    }
}

const NO_LOG_FILE: EventVerification = { verification: 'no-log-file' };
const PENDING: EventVerification = { verification: 'pending' };

/** Log files whose verification is remembered: events that are near in time come from the same ones. */
const MAX_LOG_FILES = 20_000;

class Verifications {
  private readonly remembered = new Map<string, EventVerification>();
  private readonly deps: QueryDeps;

  constructor(deps: QueryDeps) {
    this.deps = deps;
  }

  /** Returns the verification of log files, `bucket/key`, without those that the ledger does not know. */
  async of(logFiles: ReadonlySet<string>): Promise<ReadonlyMap<string, EventVerification>> {
    const missing = [...logFiles].filter((logFile) => !this.remembered.has(logFile));
    const known = new Map(
      [...logFiles].flatMap((logFile) => {
        const verification = this.remembered.get(logFile);
        return verification === undefined ? [] : [[logFile, verification] as const];
      }),
    );
    const found = await readVerifications(this.deps.dynamo, this.deps.tables.logFilesTable, missing);
    if (this.remembered.size + found.size > MAX_LOG_FILES) this.remembered.clear();
    for (const [logFile, verification] of found) {
      known.set(logFile, verification);
      this.remembered.set(logFile, verification);
    }
    return known;
  }
}
