import { type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import { deliveryHour } from '../cloudtrail/object-key.ts';
import { type Item, jsonText, readItem, requiredTextAt, text } from './item.ts';
import type { SignedHash } from './ledger-entry.ts';
import { batchGet } from './read-items.ts';

/**
 * What signed digests say of the log files of an account and Region that were delivered in one hour. It is noted once for all of
 * them, so no entry is written again when it is verified: readers compare. A bucket's name cannot start with `#`, so no log file
 * has the key of such an item. It has an attribute for each digest, named by the digest's key.
 */
const Signed = jsonText(
  z.object({
    /** When the digest was compared with the entries last; ISO 8601. */
    at: z.string(),
    /** Hex SHA-256 of log files, by what follows the hour in their names. */
    files: z.record(z.string(), z.string()),
  }),
);
type Signed = z.output<typeof Signed>;
const SignedByDigest = z.record(z.string(), Signed);

/** The hashes that a digest has for log files of one hour. */
export interface HashesOfHour {
  /** The key of the item. */
  hour: string;
  /** The key of the digest. */
  digest: string;
  /** By `bucket/key`. */
  hashes: ReadonlyMap<string, string>;
}

/** Returns the log files that a digest names, by the hours of their delivery, without those whose names have no time. */
export function hashesByHour(digest: string, hashes: ReadonlyMap<string, string>): HashesOfHour[] {
  const hours = Map.groupBy(hashes, ([logFile]) => deliveryHour(logFile));
  return [...hours].flatMap(([hour, files]) =>
    hour === undefined ? [] : [{ hour: itemKey(hour), digest, hashes: new Map(files) }],
  );
}

const itemKey = (hour: string) => `#signed/${hour}`;

/** Some 650 log files. An item can have 400 KB, and log files of one hour can be named by several digests of several trails. */
const MAX_BYTES = 64 * 1024;

/**
 * Notes what a digest says, in place of what was noted for it before.
 * @param at ISO 8601
 * @returns false if that is too much for an item, and nothing is noted
 */
export async function writeSigned(
  dynamo: DynamoDBClient,
  table: string,
  { hour, digest, hashes }: HashesOfHour,
  at: string,
): Promise<boolean> {
  const files = Object.fromEntries([...hashes].map(([logFile, sha256]) => [restOf(logFile, hour), sha256]));
  const signed = z.encode(Signed, { at, files });
  if (Buffer.byteLength(signed) > MAX_BYTES) return false;
  const update = {
    TableName: table,
    Key: { logFile: text(hour) },
    UpdateExpression: 'SET #digest = :signed',
    ExpressionAttributeNames: { '#digest': digest },
    ExpressionAttributeValues: { ':signed': text(signed) },
  };
  try {
    await dynamo.send(new UpdateItemCommand(update));
    return true;
  } catch (error) {
    // Too many digests name log files of this hour. The SDK has no class for this error.
    if ((error as Error).name === 'ValidationException' && /item size/i.test((error as Error).message)) return false;
    throw error;
  }
}

const restOf = (logFile: string, hour: string) => itemKey(logFile).slice(hour.length);

/**
 * Returns what is noted of log files, by `bucket/key`; those of which nothing is are left out.
 * @param isConsistent whether everything must be seen that was written before; such reads cost twice as much
 */
export async function readSigned(
  dynamo: DynamoDBClient,
  table: string,
  logFiles: Iterable<string>,
  isConsistent: boolean,
): Promise<Map<string, SignedHash[]>> {
  const byHour = Map.groupBy(logFiles, deliveryHour);
  const keys = [...byHour.keys()].flatMap((hour) => (hour === undefined ? [] : [{ logFile: text(itemKey(hour)) }]));
  const found = new Map<string, SignedHash[]>();
  for await (const items of batchGet(dynamo, table, keys, isConsistent)) {
    for (const item of items) {
      const key = requiredTextAt(item, 'logFile');
      const signed = signedIn(item);
      for (const logFile of byHour.get(key.slice(itemKey('').length)) ?? []) {
        const hashes = hashesOf(signed, restOf(logFile, key));
        if (hashes.length > 0) found.set(logFile, hashes);
      }
    }
  }
  return found;
}

function signedIn({ logFile: _, ...digests }: Item): [string, Signed][] {
  return Object.entries(readItem(SignedByDigest, digests));
}

/** Returns what digests say of a log file, what was noted first before the others. */
function hashesOf(signed: readonly [string, Signed][], rest: string): SignedHash[] {
  const hashes = signed.flatMap(([verifiedBy, { at, files }]) => {
    const signedSha256 = Object.hasOwn(files, rest) ? files[rest] : undefined;
    return signedSha256 === undefined ? [] : [{ signedSha256, verifiedBy, verifiedAt: at }];
  });
  return hashes.sort((a, b) => (a.verifiedAt < b.verifiedAt ? -1 : 1));
}
