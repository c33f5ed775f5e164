import { type CloudTrailClient, paginateListPublicKeys } from '@aws-sdk/client-cloudtrail';
import { createCloudTrailClient } from '../aws/cloudtrail.ts';
import type { KeysByRegion, PublicKey, PublicKeySource } from './public-keys.ts';

/** Public keys asked of CloudTrail, and what has been asked so far. */
export interface ListedKeys extends PublicKeySource {
  /** Those that digests were signed with, to be saved. */
  found(): KeysByRegion;
}

const DAY_MS = 24 * 3600 * 1000;

/**
 * Asks CloudTrail for its public keys, each Region for the keys of a month at a time, and only when a digest needs them.
 * @param createClient for a Region; by default with the usual AWS settings
 */
export function listedKeys(
  createClient: (region: string) => CloudTrailClient = (region) => createCloudTrailClient({ region }),
): ListedKeys {
  const clients = new Map<string, CloudTrailClient>();
  const months = new Map<string, Promise<PublicKey[]>>();
  const found = new Map<string, PublicKey[]>();

  const keysOf = (region: string, time: string): Promise<PublicKey[]> => {
    const month = `${region} ${time.slice(0, 7)}`;
    const known = months.get(month);
    if (known !== undefined) return known;
    const client = clients.get(region) ?? createClient(region);
    clients.set(region, client);
    const listed = list(client, time);
    months.set(month, listed);
    return listed;
  };

  return {
    async find(fingerprint, regions, time) {
      for (const region of new Set(regions)) {
        const key = (await keysOf(region, time)).find((listed) => listed.fingerprint === fingerprint);
        if (key === undefined) continue;
        const before = found.get(region) ?? [];
        if (!before.some((known) => known.fingerprint === fingerprint)) found.set(region, [...before, key]);
        return key;
      }
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
        ...(ValidityStartTime === undefined ? {} : { validFrom: ValidityStartTime.toISOString() }),
        ...(ValidityEndTime === undefined ? {} : { validTo: ValidityEndTime.toISOString() }),
      });
    }
  }
  return keys;
}
