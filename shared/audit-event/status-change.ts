import * as z from 'zod/mini';
import { isoTime } from '../cloudtrail/times.ts';
import { defined } from '../defined.ts';
import type { CarriedEvent } from '../delivery/announcement.ts';
import { STATUS_CHANGE } from '../delivery/notifications.ts';
import { TrailError } from '../errors.ts';
import { parseEventTime } from './event-time.ts';
import { maskSecretsInText } from './secret-patterns.ts';
import { shortened } from './shortened.ts';

/**
 * A change of an environment's status, as MWAA announced it to EventBridge: best effort, and not signed by CloudTrail. It lacks
 * the configuration that the announcement carries, which can hold secrets and which the requests tell, too.
 */
export interface StatusChange {
  /** EventBridge's ID of the event. */
  id: string;
  /** ISO 8601, UTC, with milliseconds. */
  time: string;
  environment: string;
  accountId: string;
  region: string;
  /** As MWAA names it, such as `UPDATING`; it may be one that this program does not know. */
  status: string;
  /** When MWAA accepted the last update of the environment, ISO 8601, UTC, with milliseconds. */
  updateCreatedAt?: string;
  /** Who made that update, such as an internal process of MWAA. */
  updateSource?: string;
  /** `SUCCESS`, `PENDING` or `FAILED`: how far that update is. */
  updateStatus?: string;
  /** Why it failed. */
  errorCode?: string;
  errorMessage?: string;
}

const Name = z.string().check(z.minLength(1));
/** A member that another one does not depend on: whatever is no text is as good as absent. */
const MaybeText = z.catch(z.optional(z.string()), undefined);
const maybe = <T extends z.core.$ZodLooseShape>(members: T) => z.catch(z.optional(z.object(members)), undefined);

/** https://docs.aws.amazon.com/mwaa/latest/API/API_LastUpdate.html, with names that begin in lower case. */
const Detail = z.object({
  name: Name,
  status: Name,
  lastUpdate: maybe({
    createdAt: MaybeText,
    source: MaybeText,
    status: MaybeText,
    error: maybe({ errorCode: MaybeText, errorMessage: MaybeText }),
  }),
});

/** Longest texts in characters: those of AWS's own model, or generous. */
const MAX_NAME = 300;
const MAX_MESSAGE = 2_048;

/**
 * Reads a status change. What it says beside name, status and time may be missing or malformed.
 * @throws {TrailError} `malformed-status-change`
 */
export function readStatusChange({ id, account, region, time, text }: CarriedEvent): StatusChange {
  const detail = Detail.safeParse(parsed(text));
  const at = parseEventTime(time);
  if (!detail.success || at === undefined) {
    throw new TrailError('malformed-status-change', `${STATUS_CHANGE}: expected a time, detail.name and detail.status`);
  }
  const { name, status, lastUpdate } = detail.data;
  const updatedAt = parseEventTime(lastUpdate?.createdAt);
  return {
    ...{ id: storable(id), time: isoTime(at), environment: name, accountId: account, region },
    status: storable(status),
    ...defined({
      updateCreatedAt: updatedAt === undefined ? undefined : isoTime(updatedAt),
      updateSource: safeText(lastUpdate?.source),
      updateStatus: safeText(lastUpdate?.status),
      errorCode: safeText(lastUpdate?.error?.errorCode),
      errorMessage: safeText(lastUpdate?.error?.errorMessage, MAX_MESSAGE),
    }),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The message of JSON.parse would show content.
    return undefined;
  }
}

/** Without secrets, and undefined if it is empty: MWAA writes empty texts for what there is not. */
function safeText(text: string | undefined, longest = MAX_NAME): string | undefined {
  return text ? storable(maskSecretsInText(text.slice(0, MAX_SEARCHED)), longest) : undefined;
}

/** Masking takes time with the length; EventBridge's events have 256 KB at most, but files have any length. */
const MAX_SEARCHED = 16_384;

/** Half a surrogate pair would be refused, or altered, on the way to the table. */
const storable = (text: string, longest = MAX_NAME) => shortened(text.toWellFormed(), longest);
