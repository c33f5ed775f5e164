import { createHash } from 'node:crypto';
import { type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import { DAY_MS } from '../cloudtrail/times.ts';
import { updateIf } from './conditional.ts';
import { readItem, text, toItem } from './item.ts';
import { listItems } from './ledger.ts';
import { type LedgerEntry, NOT_AS_SIGNED_DETAIL } from './ledger-entry.ts';
import { batchGet } from './read-items.ts';

/** What verification found: about an object, or about an event. No record content. */
export type NewFinding = z.output<typeof NewFinding>;
const NewFinding = z.object({
  /** A kind of `FINDINGS` (shared/integrity/finding.ts). */
  kind: z.string(),
  /** `-` if the key of the log file has none. */
  account: z.string(),
  region: z.string(),
  bucket: z.optional(z.string()),
  /** The key of the digest that says so, or that is wrong itself. */
  digest: z.optional(z.string()),
  /** The key of the object that it is about; absent if its name is not known. */
  key: z.optional(z.string()),
  /** The event that it is about. */
  eventId: z.optional(z.string()),
  /** The time that it is about, ISO 8601; absent: that of the object. */
  from: z.optional(z.string()),
  to: z.optional(z.string()),
  /** A sentence with what was expected. */
  detail: z.string(),
});

/** A finding as the ledger's table has it. All times are ISO 8601 with milliseconds. */
export type StoredFinding = z.output<typeof StoredFinding>;
const StoredFinding = z.extend(NewFinding, {
  firstSeen: z.string(),
  lastSeen: z.string(),
  /** When it was checked again, and did not hold any more; absent: it still holds. */
  resolvedAt: z.optional(z.string()),
});

const FINDINGS = 'findings';
/** A finding is deleted this long after it was last seen. */
const LIFE_MS = 400 * DAY_MS;

/**
 * Stores a finding. If it is stored already, it only becomes the one that was last seen now.
 * @param seenAt ISO 8601 with milliseconds
 */
export async function writeFinding(
  dynamo: DynamoDBClient,
  table: string,
  finding: NewFinding,
  seenAt: string,
): Promise<void> {
  const { key, ...others } = finding;
  const expiresAt = Math.ceil((Date.parse(seenAt) + LIFE_MS) / 1000);
  const changing = toItem({ ...others, objectKey: key, listing: FINDINGS, lastSeen: seenAt, expiresAt });
  const first = toItem({ firstSeen: seenAt, listingKey: seenAt });
  const sets = [
    ...Object.keys(changing).map((name) => `#${name} = :${name}`),
    ...Object.keys(first).map((name) => `#${name} = if_not_exists(#${name}, :${name})`),
  ];
  const attributes = { ...changing, ...first };
  const names = Object.keys(attributes);
  await dynamo.send(
    new UpdateItemCommand({
      TableName: table,
      Key: { logFile: text(findingKey(finding)) },
      UpdateExpression: `SET ${sets.join(', ')} REMOVE resolvedAt`,
      ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
      ExpressionAttributeValues: Object.fromEntries(names.map((name) => [`:${name}`, attributes[name]!])),
    }),
  );
}

/** The kind of a finding about a log file that was ingested with other content than CloudTrail signed. */
const ALTERED = 'log-file-ingested-differently';

/**
 * Stores the finding about a log file whose verification failed. Called before its entry is written, so that no such entry is
 * without one. @param seenAt ISO 8601 with milliseconds
 */
export async function noteAltered(
  dynamo: DynamoDBClient,
  table: string,
  { verification, account = '-', region, bucket, key, verifiedBy = '' }: LedgerEntry,
  seenAt: string,
): Promise<void> {
  if (verification !== 'failed') return;
  const finding = { kind: ALTERED, account, region, bucket, key, digest: verifiedBy, detail: NOT_AS_SIGNED_DETAIL };
  await writeFinding(dynamo, table, finding, seenAt);
}

/** Notes that a finding does not hold any more. */
export async function resolveFinding(
  dynamo: DynamoDBClient,
  table: string,
  finding: NewFinding,
  resolvedAt: string,
): Promise<void> {
  const key = { logFile: text(findingKey(finding)) };
  await updateIf(dynamo, table, key, toItem({ resolvedAt }), 'attribute_exists(logFile)');
}

/**
 * Returns the findings that were first seen last, newest first.
 * @param now milliseconds since 1970: DynamoDB deletes expired items only days later
 * @param limit maximum number of findings; absent: all
 * @param kind only these are read
 */
export async function listFindings(
  dynamo: DynamoDBClient,
  table: string,
  now: number,
  { limit, kind = '' }: { limit?: number; kind?: string } = {},
): Promise<StoredFinding[]> {
  const listed = await listItems(dynamo, table, FINDINGS, { limit });
  const keys = listed.flatMap(({ logFile }) => (logFile?.S?.startsWith(keyPrefix(kind)) ? [{ logFile }] : []));
  const findings: { finding: StoredFinding; order: string }[] = [];
  for await (const items of batchGet(dynamo, table, keys)) {
    for (const { objectKey, ...item } of items) {
      if (Number(item.expiresAt?.N) <= now / 1000) continue;
      const finding = readItem(StoredFinding, objectKey ? { ...item, key: objectKey } : item);
      findings.push({ finding, order: `${finding.firstSeen} ${findingKey(finding)}` });
    }
  }
  return findings.sort((a, b) => (a.order < b.order ? 1 : -1)).map(({ finding }) => finding);
}

/**
 * The same for the same finding, whenever and however often it is found. A bucket's name cannot start with `#`, so no log
 * file has this key.
 */
export function findingKey({ kind, bucket, digest, key, from, to, eventId }: NewFinding): string {
  const about = JSON.stringify([bucket, digest, key, from, to, ...(eventId === undefined ? [] : [eventId])]);
  return `${keyPrefix(kind)}${createHash('sha256').update(about).digest('hex')}`;
}

const keyPrefix = (kind: string) => `#finding/${kind === '' ? '' : `${kind}/`}`;
