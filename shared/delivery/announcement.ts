import type * as z from 'zod/mini';
import { TrailError } from '../errors.ts';

/** A log file that a notification announces. */
export interface LogFileRef {
  bucket: string;
  /** The object's key, decoded. */
  key: string;
  /** The ETag the notification names, without quotes; CloudTrail's own notifications have none. */
  etag?: string;
}

/** Why a well-formed notification announces no log file. */
export type NothingAnnounced =
  | 's3-test-event'
  | 'cloudtrail-validation-message'
  | 'not-object-created'
  | 'sns-confirmation'
  | 'scheduled-event';

/** What a notification says. */
export interface Announcement {
  logFiles: LogFileRef[];
  ignored: NothingAnnounced[];
  /** What is not understood, and must fail. The log files beside it are read. */
  malformed: DeliveryError[];
}

/** A notification is not understood. It must fail, and never count as "nothing to do". */
export class DeliveryError extends TrailError {}

const announcing = (parts: Partial<Announcement>) => ({ logFiles: [], ignored: [], malformed: [], ...parts });

export const announces = (...logFiles: LogFileRef[]): Announcement => announcing({ logFiles });
export const announcesNothing = (reason: NothingAnnounced): Announcement => announcing({ ignored: [reason] });
export const announcesMalformed = (error: DeliveryError): Announcement => announcing({ malformed: [error] });

export function joined(announcements: readonly Announcement[]): Announcement {
  return {
    logFiles: announcements.flatMap(({ logFiles }) => logFiles),
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

/** One way in which a log file can be announced. */
export interface NotificationShape {
  name: string;
  recognises(value: object): boolean;
  /**
   * @param inner reads what an envelope carries: a text, or the value itself
   * @throws {DeliveryError} if a required part is missing or malformed
   */
  read(value: object, inner: (carried: unknown) => Announcement): Announcement;
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
  read(parsed: z.output<S>, inner: (carried: unknown) => Announcement): Announcement;
}): NotificationShape {
  const { name, recognises, schema, expected, read } = parts;
  return {
    name,
    recognises,
    read(value, inner) {
      const parsed = schema.safeParse(value);
      if (parsed.success) return read(parsed.data, inner);
      throw new DeliveryError('malformed-notification', `${name}: expected ${expected}`);
    },
  };
}

/** Whether a value has a list `Records`, all from one source. */
export function hasRecords(value: object, member: 'eventSource' | 'EventSource', source: string): boolean {
  if (!('Records' in value) || !Array.isArray(value.Records) || value.Records.length === 0) return false;
  return value.Records.every((record) => record?.[member] === source);
}
