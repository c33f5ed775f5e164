import type * as z from 'zod/mini';
import { exceeds, parseJsonText } from '../audit-event/json-text.ts';
import { TrailError } from '../errors.ts';

/** A log file that a notification announces. */
export interface LogFileRef {
  bucket: string;
  /** The object's key, decoded. */
  key: string;
  /** The ETag the notification names, without quotes; CloudTrail's own notifications have none. */
  etag?: string;
}

/**
 * What a carried event is. `record`: CloudTrail's record of an event, before its log file; `status-change`: MWAA's announcement of an
 * environment's status.
 */
export type CarriedKind = 'record' | 'status-change';

/** An event that the message itself carries, as EventBridge sends it. */
export interface CarriedEvent {
  kind: CarriedKind;
  /** EventBridge's own ID, which names the message. */
  id: string;
  /** Where it happened. EventBridge sets both. */
  account: string;
  region: string;
  /** When EventBridge says that it happened; ISO 8601. */
  time: string;
  /** The JSON text of its `detail`, an object, as the message has it. */
  text: string;
}

/** Why a well-formed notification announces nothing. */
export type NothingAnnounced =
  | 's3-test-event'
  | 'cloudtrail-validation-message'
  | 'not-object-created'
  | 'sns-confirmation'
  | 'scheduled-event';

/** What a notification says. */
export interface Announcement {
  logFiles: LogFileRef[];
  /** What the message carries itself. */
  events: CarriedEvent[];
  ignored: NothingAnnounced[];
  /** What is not understood, and must fail. What is announced beside it is processed. */
  malformed: DeliveryError[];
}

/** A notification is not understood. It must fail, and never count as "nothing to do". */
export class DeliveryError extends TrailError {}

const announcing = (parts: Partial<Announcement>) => ({
  ...{ logFiles: [], events: [], ignored: [], malformed: [] },
  ...parts,
});

export const announces = (...logFiles: LogFileRef[]): Announcement => announcing({ logFiles });
export const carries = (event: CarriedEvent): Announcement => announcing({ events: [event] });
export const announcesNothing = (reason: NothingAnnounced): Announcement => announcing({ ignored: [reason] });
export const announcesMalformed = (error: DeliveryError): Announcement => announcing({ malformed: [error] });

export function joined(announcements: readonly Announcement[]): Announcement {
  return {
    logFiles: announcements.flatMap(({ logFiles }) => logFiles),
    events: announcements.flatMap(({ events }) => events),
    ignored: announcements.flatMap(({ ignored }) => ignored),
    malformed: announcements.flatMap(({ malformed }) => malformed),
  };
}

/** Reads a message of a batch. One that is not understood is malformed, and does not keep the others from being read. */
export function readMessage(read: () => Announcement): Announcement {
  try {
    return read();
  } catch (error) {
    if (error instanceof DeliveryError) return announcesMalformed(error);
    throw error;
  }
}

/**
 * Reads what an envelope carries: a text, or the value itself.
 * @param text returns the JSON text of a value
 */
type ReadInner = (carried: unknown, text?: () => string) => Announcement;

/** One way in which a log file can be announced, or an event carried. */
export interface NotificationShape {
  name: string;
  recognises(value: object): boolean;
  /**
   * @param text returns the JSON text of the value
   * @throws {DeliveryError} if a required part is missing or malformed
   */
  read(value: object, inner: ReadInner, text: () => string): Announcement;
}

/**
 * A shape that a schema describes.
 * @param expected the required parts, in words
 */
export function shape<S extends z.ZodMiniType>(parts: {
  name: string;
  recognises(value: object): boolean;
  schema: S;
  expected: string;
  read(parsed: z.output<S>, inner: ReadInner, text: () => string): Announcement;
}): NotificationShape {
  const { name, recognises, schema, expected, read } = parts;
  return {
    name,
    recognises,
    read(value, inner, text) {
      const parsed = schema.safeParse(value);
      if (parsed.success) return read(parsed.data, inner, text);
      throw new DeliveryError('malformed-notification', `${name}: expected ${expected}`);
    },
  };
}

/** A message has 1 MiB at most. Its tree takes a multiple of that. */
const BOUND = { values: 100_000, depth: 1000 };

/**
 * Returns the text of a member exactly as it is written: numbers, for example, are not read and written again.
 * @param text JSON text of an object that has this member
 * @throws {DeliveryError} if the text has too many values or too deep nesting
 */
export function memberText(text: string, name: string): string {
  if (exceeds(BOUND, text)) {
    const { values, depth } = BOUND;
    const expected = `expected at most ${values} values and a nesting of ${depth}`;
    throw new DeliveryError('malformed-notification', `${name} of a notification: ${expected}`);
  }
  const tree = parseJsonText(text);
  const members = tree.kind === 'object' ? tree.members : [];
  const { start, end } = members.findLast(({ key }) => key.value === name)?.value ?? tree;
  return text.slice(start, end);
}

/** Whether a value has a list `Records`, all from one source. */
export function hasRecords(value: object, member: 'eventSource' | 'EventSource', source: string): boolean {
  if (!('Records' in value) || !Array.isArray(value.Records) || value.Records.length === 0) return false;
  return value.Records.every((record) => record?.[member] === source);
}
