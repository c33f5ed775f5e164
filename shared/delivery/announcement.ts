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

/** Why a well-formed notification announces nothing. */
export type NothingAnnounced =
  | 's3-test-event'
  | 'cloudtrail-validation-message'
  | 'not-object-created'
  | 'sns-confirmation'
  | 'scheduled-event';

/** What one notification says: log files to read, notices that are acknowledged without work, and what is not understood. */
export interface Announcement {
  logFiles: LogFileRef[];
  ignored: NothingAnnounced[];
  /** Parts that must fail; the log files beside them are read all the same. */
  malformed?: DeliveryError[];
}

/** A notification that cannot be understood. It must fail, never count as "nothing to do". */
export class DeliveryError extends TrailError {}

export const announces = (...logFiles: LogFileRef[]): Announcement => ({ logFiles, ignored: [] });

export const announcesNothing = (reason: NothingAnnounced): Announcement => ({ logFiles: [], ignored: [reason] });

export const announcesMalformed = (error: DeliveryError): Announcement => ({
  logFiles: [],
  ignored: [],
  malformed: [error],
});

export function joined(announcements: readonly Announcement[]): Announcement {
  const malformed = announcements.flatMap((one) => one.malformed ?? []);
  return {
    logFiles: announcements.flatMap((one) => one.logFiles),
    ignored: announcements.flatMap((one) => one.ignored),
    ...(malformed.length > 0 ? { malformed } : {}),
  };
}

/** One way in which a log file can be announced. */
export interface NotificationShape {
  name: string;
  recognises(value: object): boolean;
  /**
   * @param inner reads what an envelope carries: a text, or the value itself
   * @throws {DeliveryError} when a part that this shape must have is missing or malformed
   */
  read(value: object, inner: (carried: unknown) => Announcement): Announcement;
}

/**
 * A shape whose parts a schema describes.
 * @param expected the parts that it must have, in words
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

/** Whether a value has a list `Records`, all of them from a source. */
export function hasRecords(value: object, member: 'eventSource' | 'EventSource', source: string): boolean {
  if (!('Records' in value) || !Array.isArray(value.Records) || value.Records.length === 0) return false;
  return value.Records.every((record) => record?.[member] === source);
}
