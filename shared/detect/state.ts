/** A value now, or a promise of it: a state in memory needs no requests. */
type Awaitable<T> = T | Promise<T>;

/** An event in the window of a correlation. */
export interface Occurrence {
  /** Milliseconds since 1970. */
  time: number;
  eventId: string;
  environment: string | undefined;
  /** The counted value: of the events with one value only the newest counts. Undefined: each event counts. */
  value: string | undefined;
  /** The value that the extension `distinct` counts; empty without it. */
  distinct: string;
}

/** An event that something began with. */
export type Beginning = Pick<Occurrence, 'time' | 'eventId'>;

/**
 * What evaluation remembers from one event to the next. Keys are texts of any length. An event may be given twice, and a bit out
 * of order; then the answers are the same as before.
 */
export interface DetectionState {
  /** Notes an event of an environment; called for every event. A state that knows it otherwise does nothing. */
  noteEvent(environment: string, time: number): Awaitable<void>;
  /** When the first known event of an environment was; undefined: none is known. */
  firstEventOf(environment: string): Awaitable<number | undefined>;
  /**
   * Notes that a combination of values occurred.
   * @returns the event with which the combination began: it was unknown, or had not occurred for `historyMs`
   */
  seen(key: string, occurrence: Beginning, historyMs: number): Awaitable<Beginning>;
  /**
   * Adds an event to the window of a group, once.
   * @returns the events of the last `spanMs` up to it, itself included; of too many the newest, `MAX_WINDOW` at most
   */
  window(key: string, occurrence: Occurrence, spanMs: number): Awaitable<readonly Occurrence[]>;
  /** Returns the event with which the finding about `key` began that is still open at that time; otherwise opens one for `forMs`. */
  open(key: string, occurrence: Beginning, forMs: number): Awaitable<Beginning>;
}

/** Events that are remembered of a group. */
export const MAX_WINDOW = 1_000;
/** Keys of each kind that are remembered in memory: the oldest are forgotten. */
const MAX_KEYS = 200_000;

/** A state in memory, of bounded size. What is too old for any answer is forgotten as time goes on. */
export class MemoryState implements DetectionState {
  private readonly environments = new Remembered<number>();
  private readonly combinations = new Remembered<Beginning & { last: number }>();
  private readonly windows = new Remembered<Occurrence[]>();
  private readonly findings = new Remembered<Beginning>();

  noteEvent(environment: string, time: number): void {
    const first = this.environments.get(environment, time);
    if (first === undefined || time < first) this.environments.set(environment, time, Number.POSITIVE_INFINITY, time);
  }

  firstEventOf(environment: string): number | undefined {
    return this.environments.get(environment, 0);
  }

  seen(key: string, { time, eventId }: Beginning, historyMs: number): Beginning {
    const known = this.combinations.get(key, time);
    const isOver = known === undefined || time - known.last > historyMs;
    const { time: began, eventId: by, last } = isOver ? { time, eventId, last: time } : known;
    const latest = Math.max(last, time);
    this.combinations.set(key, { time: began, eventId: by, last: latest }, latest + historyMs, time);
    return { time: began, eventId: by };
  }

  window(key: string, occurrence: Occurrence, spanMs: number): readonly Occurrence[] {
    const { time } = occurrence;
    const known = this.windows.get(key, time) ?? [];
    insert(known, occurrence);
    const newest = known.at(-1)!.time;
    // A late event may still ask for what was before it.
    const old = known.findIndex((one) => one.time >= newest - 2 * spanMs);
    known.splice(0, Math.max(old, known.length - MAX_WINDOW));
    this.windows.set(key, known, newest + 2 * spanMs, time);
    const from = known.findIndex((one) => one.time >= time - spanMs);
    const to = known.findLastIndex((one) => one.time <= time);
    const window = known.slice(from, to + 1);
    return window.some(({ eventId }) => eventId === occurrence.eventId) ? window : [...window, occurrence];
  }

  open(key: string, { time, eventId }: Beginning, forMs: number): Beginning {
    const known = this.findings.get(key, time);
    if (known !== undefined && time <= known.time + forMs) return known;
    this.findings.set(key, { time, eventId }, time + forMs, time);
    return { time, eventId };
  }
}

/** Puts an event into a list in the order of time, unless it is there. */
function insert(sorted: Occurrence[], occurrence: Occurrence): void {
  const { time, eventId, value } = occurrence;
  if (value !== undefined) {
    const same = sorted.findIndex((one) => one.value === value);
    if (same >= 0 && sorted[same]!.time > time) return;
    if (same >= 0) sorted.splice(same, 1);
  }
  const after = sorted.findLastIndex((one) => one.time <= time);
  for (let i = after; i >= 0 && sorted[i]!.time === time; i -= 1) if (sorted[i]!.eventId === eventId) return;
  sorted.splice(after + 1, 0, occurrence);
}

/** Values with a time until which they count. */
class Remembered<V> {
  private readonly entries = new Map<string, { value: V; until: number }>();
  private sweepAt = 1_000;

  get(key: string, now: number): V | undefined {
    const entry = this.entries.get(key);
    return entry === undefined || entry.until < now ? undefined : entry.value;
  }

  set(key: string, value: V, until: number, now: number): void {
    // The last that was set is the last to be forgotten.
    this.entries.delete(key);
    this.entries.set(key, { value, until });
    if (this.entries.size > this.sweepAt) this.sweep(now);
    if (this.entries.size <= MAX_KEYS) return;
    const [oldest = ''] = this.entries.keys();
    this.entries.delete(oldest);
  }

  /** Forgets what is over, each time that there is twice as much as the last time. */
  private sweep(now: number): void {
    for (const [key, { until }] of this.entries) if (until < now) this.entries.delete(key);
    this.sweepAt = Math.max(1_000, 2 * this.entries.size);
  }
}
