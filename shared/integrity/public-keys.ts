import { createPublicKey, type KeyObject } from 'node:crypto';
import * as z from 'zod/mini';
import { describeError, TrailError } from '../errors.ts';

/** A public key of CloudTrail, with which digests of one Region were signed for a time. */
export interface PublicKey {
  /** Hex, lower case. */
  fingerprint: string;
  /** PKCS#1 DER. */
  value: Uint8Array;
  /** ISO 8601. */
  validFrom?: string;
  validTo?: string;
}

/** Where public keys come from. */
export interface PublicKeySource {
  /**
   * @param regions each Region has keys of its own; that of the digest comes first
   * @param time when the digest was signed; ISO 8601
   * @returns undefined if there is no such key
   * @throws {KeysUnavailableError} if the key was not found, and the keys of a Region could not be had
   */
  find(fingerprint: string, regions: readonly string[], time: string): Promise<PublicKey | undefined>;
}

/** The public keys of a Region could not be had. This says nothing about the digests that were signed with them. */
export class KeysUnavailableError extends TrailError {
  readonly region: string;

  constructor(region: string, cause: unknown) {
    super('public-keys-unavailable', `public keys of CloudTrail in ${region}: ${describeError(cause)}`, { cause });
    this.region = region;
  }
}

/** Public keys by Region; `ANY_REGION` for those of which the Region is not known. */
export type KeysByRegion = ReadonlyMap<string, readonly PublicKey[]>;
export const ANY_REGION = '*';

/** Keys that are at hand. */
export function givenKeys(keys: KeysByRegion): PublicKeySource {
  return {
    find: async (fingerprint, regions) =>
      [...regions, ANY_REGION]
        .flatMap((region) => keys.get(region) ?? [])
        .find((key) => key.fingerprint === fingerprint),
  };
}

const Time = z.optional(z.nullable(z.union([z.string(), z.number()])));
const KEY_LIST = z.object({
  PublicKeyList: z.array(
    z.object({
      Value: z.string().check(z.minLength(1)),
      Fingerprint: z.string().check(z.minLength(1)),
      ValidityStartTime: Time,
      ValidityEndTime: Time,
    }),
  ),
});
const KEY_FILE = z.union([KEY_LIST, z.record(z.string(), z.union([KEY_LIST, KEY_LIST.shape.PublicKeyList]))]);
type SavedKey = z.infer<typeof KEY_LIST>['PublicKeyList'][number];

/**
 * Reads saved public keys: what `aws cloudtrail list-public-keys` prints, or an object that has such a list for each Region.
 * @throws {TrailError} `public-keys`, when it is neither, or a key is not a key
 */
export function readPublicKeys(text: string): KeysByRegion {
  const read = KEY_FILE.safeParse(parseJson(text));
  if (!read.success) throw badKeys('PublicKeyList with Value and Fingerprint, or an object of Regions with such lists');
  const file = read.data;
  if (isKeyList(file)) return new Map([[ANY_REGION, file.PublicKeyList.map(publicKey)]]);
  return new Map(
    Object.entries(file).map(([region, keys]) => [
      region,
      (isKeyList(keys) ? keys.PublicKeyList : (keys as SavedKey[])).map(publicKey),
    ]),
  );
}

/** The text that `readPublicKeys` reads. */
export function writePublicKeys(keys: KeysByRegion): string {
  const lists = [...keys]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([region, list]) => [region, savedList(list)] as const);
  const file = lists.length === 1 && lists[0]![0] === ANY_REGION ? lists[0]![1] : Object.fromEntries(lists);
  return `${JSON.stringify(file, null, 2)}\n`;
}

function savedList(keys: readonly PublicKey[]) {
  return {
    PublicKeyList: keys.map(({ fingerprint, value, validFrom, validTo }) => ({
      Value: Buffer.from(value).toString('base64'),
      ValidityStartTime: validFrom,
      ValidityEndTime: validTo,
      Fingerprint: fingerprint,
    })),
  };
}

function isKeyList(value: unknown): value is z.infer<typeof KEY_LIST> {
  return Array.isArray((value as { PublicKeyList?: unknown }).PublicKeyList);
}

function publicKey({ Value, Fingerprint, ValidityStartTime, ValidityEndTime }: SavedKey): PublicKey {
  const key: PublicKey = { fingerprint: Fingerprint.toLowerCase(), value: Buffer.from(Value, 'base64') };
  const [validFrom, validTo] = [ValidityStartTime, ValidityEndTime].map(keyTime);
  if (validFrom !== undefined) key.validFrom = validFrom;
  if (validTo !== undefined) key.validTo = validTo;
  keyObject(key);
  return key;
}

/** The AWS CLI writes times as text, or in its version 1 as seconds. */
function keyTime(time: string | number | null | undefined): string | undefined {
  if (time === undefined || time === null) return undefined;
  const milliseconds = typeof time === 'number' ? time * 1000 : Date.parse(time);
  if (!Number.isFinite(milliseconds)) throw badKeys('times of validity');
  return new Date(milliseconds).toISOString();
}

/**
 * The key in the form that `node:crypto` verifies with.
 * @throws {TrailError} `public-keys`
 */
export function keyObject({ fingerprint, value }: PublicKey): KeyObject {
  try {
    return createPublicKey({ key: Buffer.from(value), format: 'der', type: 'pkcs1' });
  } catch (cause) {
    throw new TrailError('public-keys', `public key ${fingerprint}: expected an RSA key as PKCS#1 DER`, { cause });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badKeys('JSON');
  }
}

function badKeys(expectation: string): TrailError {
  return new TrailError('public-keys', `public keys: expected ${expectation}`);
}
