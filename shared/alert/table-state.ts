import * as z from 'zod/mini';
import { DAY_MS, isoTime, MINUTE_MS } from '../cloudtrail/times.ts';
import { type Beginning, type DetectionState, MAX_WINDOW, type Occurrence, type Sought } from '../detect/state.ts';
import { TrailError } from '../errors.ts';
import { AnswerCache } from '../query/answer-cache.ts';
import type { QueryDeps } from '../query/ask.ts';
import { environmentTimes } from '../query/environments.ts';
import { type Item, jsonText, requiredTextAt, text } from '../store/item.ts';
import { queryItems } from '../store/read-items.ts';
import { findEarlier } from './find-earlier.ts';
import {
  expiring,
  REDELIVERY_MS,
  readState,
  replaceState,
  type StateTable,
  stateKey,
  writeState,
} from './state-table.ts';

const Event = z.object({ time: z.number(), eventId: z.string() });

/** A combination of values, the event that it began with, and when it last occurred. */
type Combination = z.output<typeof Combination>;
const Combination = z.extend(Event, {
  last: z.number(),
  /** The event was found in the store, and was not evaluated itself: there may be an earlier one. */
  isFound: z.boolean(),
});

const Openings = z.array(Event);
const WindowEvent = z.extend(Event, {
  environment: z.optional(z.string()),
  value: z.optional(z.string()),
  distinct: z.string(),
});

const read = <T extends z.ZodMiniType>(schema: T, item: Item | undefined): z.output<T> | undefined =>
  item && z.parse(jsonText(schema), requiredTextAt(item, 'value'));
const value = (content: unknown): Item => ({ value: text(JSON.stringify(content)) });

/** Each lost race means that another function has written. */
const MAX_RACES = 20;
/** How long what is known of environments is used: an import of old events moves their beginnings. */
const ENVIRONMENTS_MS = 5 * MINUTE_MS;

/**
 * A state in a table: several functions share it, and it outlives them. An event may be given twice, and in any order. What it
 * does not know of combinations of values, it asks the store once.
 */
export class TableState implements DetectionState {
  private readonly table: StateTable;
  private readonly deps: QueryDeps;
  private readonly environments: AnswerCache<ReadonlyMap<string, number>>;

  constructor(table: StateTable, deps: QueryDeps) {
    this.table = table;
    this.deps = deps;
    this.environments = new AnswerCache({ lifetimeMs: ENVIRONMENTS_MS, maxEntries: 1 }, deps);
  }

  /** Does nothing: the table of environments has these times. */
  noteEvent(): void {}

  /** An environment that the table does not have yet begins now. Events without one count from the first of their Region. */
  async firstEventOf(environment: string): Promise<number> {
    const first = await this.environments.get('', () => this.readEnvironments());
    return first.get(environment) ?? this.deps.now();
  }

  /** The keys are as `scopeOf` makes them. */
  private async readEnvironments(): Promise<ReadonlyMap<string, number>> {
    const first = new Map<string, number>();
    for (const { accountId, region, environment, firstEventTime } of await environmentTimes(this.deps)) {
      const time = Date.parse(firstEventTime ?? '');
      if (Number.isNaN(time)) continue;
      for (const key of [
        [accountId, region, environment],
        [accountId, region, undefined],
      ].map((one) => JSON.stringify(one)))
        first.set(key, Math.min(time, first.get(key) ?? time));
    }
    return first;
  }

  async seen(key: string, event: Beginning, historyMs: number, sought: Sought): Promise<Beginning> {
    const itemKey = stateKey('seen', key);
    return this.untilWritten(async () => {
      const item = await readState(this.table, itemKey);
      const known = read(Combination, item);
      const next = await this.combinationWith(event, known, historyMs, sought);
      if (next === known) return known;
      const changed = expiring(itemKey, value(next), next.last + historyMs + REDELIVERY_MS);
      return (await replaceState(this.table, changed, 'value', item?.value)) ? next : undefined;
    });
  }

  /** What is known of a combination after an event; the same object if that changes nothing. */
  private async combinationWith(
    { time, eventId }: Beginning,
    known: Combination | undefined,
    historyMs: number,
    sought: Sought,
  ): Promise<Combination> {
    const isOver = known !== undefined && time - known.last > historyMs;
    const mayBegin = known === undefined || isOver || (known.isFound && time <= known.time);
    if (!mayBegin) {
      // Written from time to time only. If the item expires too early, the store is asked again.
      return time - known.last > historyMs / 100 ? { ...known, last: time } : known;
    }
    const earlier = await findEarlier(sought, { time, historyMs }, this.deps);
    const last = Math.max(time, isOver ? time : (known?.last ?? time));
    return earlier === undefined ? { time, eventId, last, isFound: false } : { ...earlier, last, isFound: true };
  }

  async window(key: string, occurrence: Occurrence, spanMs: number): Promise<readonly Occurrence[]> {
    const { time, eventId } = occurrence;
    const itemKey = stateKey('window', key, `${isoTime(time)} ${eventId}`);
    const until = Math.max(time, this.deps.now()) + 2 * spanMs + REDELIVERY_MS;
    await writeState(this.table, expiring(itemKey, value(occurrence), until));
    const around = (from: string, to: string, newestFirst: boolean) =>
      queryItems(
        this.table.dynamo,
        {
          TableName: this.table.name,
          ConsistentRead: true,
          ScanIndexForward: !newestFirst,
          KeyConditionExpression: 'about = :about AND entry BETWEEN :from AND :to',
          ExpressionAttributeValues: { ':about': itemKey.about!, ':from': text(from), ':to': text(to) },
        },
        MAX_WINDOW,
      );
    const before = await around(isoTime(time - spanMs), `${isoTime(time)} ${eventId}`, true);
    const after = await around(`${isoTime(time)} ${eventId}\0`, `${isoTime(time + spanMs)}~`, false);
    return [...before.reverse(), ...after].flatMap((item) => {
      const { environment, value, ...others } = read(WindowEvent, item)!;
      return { ...others, environment, value };
    });
  }

  /** Findings about the same are at least `forMs` apart, whatever the order in which their events come. */
  async open(key: string, { time, eventId }: Beginning, forMs: number): Promise<Beginning> {
    const itemKey = stateKey('open', key);
    return this.untilWritten(async () => {
      const item = await readState(this.table, itemKey);
      const openings = read(Openings, item) ?? [];
      const known =
        openings.find((one) => one.eventId === eventId) ?? openings.find((one) => Math.abs(one.time - time) <= forMs);
      if (known !== undefined) return known;
      const newest = Math.max(time, ...openings.map((one) => one.time));
      const recent = openings.filter((one) => one.time >= newest - forMs - REDELIVERY_MS - DAY_MS);
      const changed = expiring(
        itemKey,
        value([...recent, { time, eventId }]),
        Math.max(newest, this.deps.now()) + forMs + REDELIVERY_MS + DAY_MS,
      );
      return (await replaceState(this.table, changed, 'value', item?.value)) ? { time, eventId } : undefined;
    });
  }

  private async untilWritten<T>(attempt: () => Promise<T | undefined>): Promise<T> {
    for (let race = 0; race < MAX_RACES; race += 1) {
      const result = await attempt();
      if (result !== undefined) return result;
    }
    throw new TrailError('write-race', `an item in table ${this.table.name} keeps changing: expected to write it`);
  }
}
