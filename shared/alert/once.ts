import type { ClientLimits } from '../aws/settings.ts';
import { TrailError } from '../errors.ts';
import { number, numberAt } from '../store/item.ts';
import { expiryOf, REDELIVERY_MS, readState, type StateTable, stateKey, updateState } from './state-table.ts';

/** Of requests to topics and buses. With its retries, one takes 15 s at most. */
export const ALERT_LIMITS: ClientLimits = { connection: 1_000, request: 3_000, attempts: 3 };

/**
 * How long a sender has for one message. If it has not noted by then that it was sent, another one sends it. Longer than a request
 * may take with all its retries.
 */
export const CLAIM_MS = 30_000;

export interface OnceDeps {
  table: StateTable;
  now(): number;
  sleep(milliseconds: number): Promise<unknown>;
  /** Milliseconds that may be waited for another sender. */
  remaining(): number;
}

/**
 * Sends a message, unless it was sent before. Whoever sends it claims it first, so that it is never sent twice within `CLAIM_MS`;
 * a sender that is gone, or failed, leaves its claim, and the message is sent again after that.
 * @param name of the message
 * @throws {TrailError} `being-sent`, if another sender has claimed it and there is no time to wait for its result
 */
export async function sendOnce(
  name: string,
  send: () => Promise<void>,
  deps: OnceDeps,
): Promise<'sent' | 'sent-before'> {
  const { table, now } = deps;
  const key = stateKey('sent', name);
  const expiresAt = () => expiryOf(now() + REDELIVERY_MS);
  const claim = () =>
    updateState(table, key, CLAIM, {
      claimedUntil: number(now() + CLAIM_MS),
      now: number(now()),
      expiresAt: expiresAt(),
    });
  const note = () => updateState(table, key, NOTE, { sentAt: number(now()), expiresAt: expiresAt() });
  while (!(await claim())) {
    const item = (await readState(table, key)) ?? {};
    if (numberAt(item, 'sentAt') !== undefined) return 'sent-before';
    const wait = Math.max(100, (numberAt(item, 'claimedUntil') ?? 0) - now());
    if (wait > deps.remaining())
      throw new TrailError('being-sent', 'a finding: expected the function that began to send it to have ended');
    await deps.sleep(wait);
  }
  await send();
  await note();
  return 'sent';
}

const CLAIM = {
  UpdateExpression: 'SET claimedUntil = :claimedUntil, expiresAt = :expiresAt',
  ConditionExpression: 'attribute_not_exists(sentAt) AND (attribute_not_exists(claimedUntil) OR claimedUntil <= :now)',
};
const NOTE = { UpdateExpression: 'SET sentAt = :sentAt, expiresAt = :expiresAt' };
