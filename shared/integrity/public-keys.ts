import { createPublicKey, type KeyObject } from 'node:crypto';
import * as z from 'zod/mini';
import { isoTime } from '../cloudtrail/times.ts';
import { defined } from '../defined.ts';
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
   * @throws {KeysUnavailableError} if the key was not found, and the keys of a Region are unavailable
   */
  find(fingerprint: string, regions: readonly string[], time: string): Promise<PublicKey | undefined>;
}

/** The public keys of a Region are unavailable. This says nothing about the digests that were signed with them. */
export class KeysUnavailableError extends TrailError {
  readonly region: string;

  constructor(region: string, cause: unknown) {
    super('public-keys-unavailable', `public keys of CloudTrail in ${region}: ${describeError(cause)}`, { cause });
    this.region = region;
  }
}

/** Public keys by Region; `ANY_REGION` if the Region is not known. */
export type KeysByRegion = ReadonlyMap<string, readonly PublicKey[]>;
export const ANY_REGION = '*';

/** Uses keys that were given, without asking CloudTrail. */
export function givenKeys(keys: KeysByRegion): PublicKeySource {
  return {
    find: async (fingerprint, regions) =>
      [...regions, ANY_REGION]
        .flatMap((region) => keys.get(region) ?? [])
        .find((key) => key.fingerprint === fingerprint),
  };
}

/** The AWS CLI writes times as text, or in its version 1 as seconds. */
const Time = z.pipe(
  z.union([z.string(), z.number()]),
  z.transform((time) => isoTime(typeof time === 'number' ? time * 1000 : Date.parse(time))),
);
const SavedKey = z.object({
  Value: z.string().check(z.minLength(1)),
  Fingerprint: z.string().check(z.minLength(1)),
  ValidityStartTime: z.nullish(Time),
  ValidityEndTime: z.nullish(Time),
});
const KeyList = z.pipe(
  z.object({ PublicKeyList: z.array(SavedKey) }),
  z.transform((list) => list.PublicKeyList),
);
const KeyFile = z.union([
  z.pipe(
    KeyList,
    z.transform((keys) => ({ [ANY_REGION]: keys })),
  ),
  z.record(z.string(), z.union([KeyList, z.array(SavedKey)])),
]);

/**
 * Reads saved public keys: what `aws cloudtrail list-public-keys` prints, or an object that has such a list for each Region.
 * @throws {TrailError} `public-keys`, if it is neither, or a key is not a key
 */
export function readPublicKeys(text: string): KeysByRegion {
  let file: z.output<typeof KeyFile>;
  try {
    file = KeyFile.parse(JSON.parse(text));
  } catch (error) {
    const shape = 'PublicKeyList with Value and Fingerprint, or an object of Regions with such lists';
    const expectation = error instanceof SyntaxError ? 'JSON' : shape;
    throw new TrailError('public-keys', `public keys: expected ${expectation}`);
  }
  return new Map(Object.entries(file).map(([region, keys]) => [region, keys.map(publicKey)]));
}

/** Returns the text that `readPublicKeys` reads. */
export function writePublicKeys(keys: KeysByRegion): string {
  const lists = [...keys]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([region, list]) => [region, savedList(list)] as const);
  const [only, ...others] = lists;
  const file = only?.[0] === ANY_REGION && others.length === 0 ? only[1] : Object.fromEntries(lists);
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

function publicKey({ Value, Fingerprint, ...validity }: z.output<typeof SavedKey>): PublicKey {
  const { ValidityStartTime: from, ValidityEndTime: to } = validity;
  const times = defined({ validFrom: from ?? undefined, validTo: to ?? undefined });
  const key = { fingerprint: Fingerprint.toLowerCase(), value: Buffer.from(Value, 'base64'), ...times };
  keyObject(key);
  return key;
}

/**
 * Returns a key in the form that `node:crypto` verifies with.
 * @throws {TrailError} `public-keys`
 */
export function keyObject({ fingerprint, value }: PublicKey): KeyObject {
  try {
    return createPublicKey({ key: Buffer.from(value), format: 'der', type: 'pkcs1' });
  } catch (cause) {
    throw new TrailError('public-keys', `public key ${fingerprint}: expected an RSA key as PKCS#1 DER`, { cause });
  }
}
