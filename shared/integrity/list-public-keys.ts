import { CloudTrailClient, paginateListPublicKeys } from '@aws-sdk/client-cloudtrail';
import { createClient } from '../aws/settings.ts';
import { DAY_MS } from '../cloudtrail/times.ts';
import { defined } from '../defined.ts';
import { type KeysByRegion, KeysUnavailableError, type PublicKey, type PublicKeySource } from './public-keys.ts';

/** Public keys that CloudTrail lists on request. */
export interface ListedKeys extends PublicKeySource {
  /** Returns the keys that digests were signed with, to be saved. */
  found(): KeysByRegion;
}

/** How long a Region that did not answer is not asked again: thousands of digests may need its keys. */
const PAUSE_AFTER_FAILURE_MS = 30_000;

/**
 * Asks CloudTrail for its public keys, each Region for the keys of a month at a time, and only when a digest needs them.
 * A Region that does not answer (an opt-in Region that the account has not enabled, a denial, throttling) leaves the others
 * alone, and is asked again later.
 * @param now the clock, in milliseconds since 1970
 * @param clientIn creates the client for a Region; by default one of your AWS configuration
 */
export function listedKeys(
  now: () => number,
  clientIn: (region: string) => CloudTrailClient = (region) => createClient(CloudTrailClient, { region }),
): ListedKeys {
  const clients = new Map<string, CloudTrailClient>();
  const months = new Map<string, Promise<PublicKey[]>>();
  const failures = new Map<string, { at: number; error: KeysUnavailableError }>();
  const found = new Map<string, PublicKey[]>();

  const keysOf = (region: string, time: string): Promise<PublicKey[]> => {
    const month = `${region} ${time.slice(0, 7)}`;
    const known = months.get(month);
    if (known !== undefined) return known;
    const failure = failures.get(region);
    if (failure !== undefined && now() - failure.at < PAUSE_AFTER_FAILURE_MS) return Promise.reject(failure.error);
    const client = clients.get(region) ?? clientIn(region);
    clients.set(region, client);
    const listed = list(client, time).catch((cause: unknown) => {
      months.delete(month);
      const error = new KeysUnavailableError(region, cause);
      failures.set(region, { at: now(), error });
      throw error;
    });
    months.set(month, listed);
    return listed;
  };

  return {
    async find(fingerprint, regions, time) {
      let unavailable: KeysUnavailableError | undefined;
      for (const region of new Set(regions)) {
        const keys = await keysOf(region, time).catch((error: KeysUnavailableError) => {
          unavailable ??= error;
          return [];
        });
        const key = keys.find((listed) => listed.fingerprint === fingerprint);
        if (key === undefined) continue;
        const before = found.get(region) ?? [];
        if (!before.some((known) => known.fingerprint === fingerprint)) found.set(region, [...before, key]);
        return key;
      }
      if (unavailable !== undefined) throw unavailable;
      return undefined;
    },
    found: () => found,
  };
}

async function list(client: CloudTrailClient, time: string): Promise<PublicKey[]> {
  const month = Date.parse(`${time.slice(0, 7)}-01T00:00:00Z`);
  const range = { StartTime: new Date(month - DAY_MS), EndTime: new Date(month + 32 * DAY_MS) };
  const keys: PublicKey[] = [];
  for await (const page of paginateListPublicKeys({ client }, range)) {
    for (const { Fingerprint, Value, ValidityStartTime, ValidityEndTime } of page.PublicKeyList ?? []) {
      if (Fingerprint === undefined || Value === undefined) continue;
      keys.push({
        fingerprint: Fingerprint.toLowerCase(),
        value: Value,
        ...defined({ validFrom: ValidityStartTime?.toISOString(), validTo: ValidityEndTime?.toISOString() }),
      });
    }
  }
  return keys;
}
