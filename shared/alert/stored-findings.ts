import { paginateQuery, type QueryCommandInput } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import { earlier } from '../cloudtrail/times.ts';
import type { FindingEvent } from '../detect/detector.ts';
import { LEVELS } from '../detect/level.ts';
import { UNLIMITED } from '../ingest/time-budget.ts';
import { updateIf } from '../store/conditional.ts';
import { type Item, jsonText, number, numberAt, requiredTextAt, text, textAt } from '../store/item.ts';
import type { AlertedFinding } from './alerted-finding.ts';
import type { Alerts, FindingPage, FindingPageRequest, FindingSource } from './find-findings.ts';
import {
  type FindingIdentity,
  type KeptFinding,
  markOf,
  meetsCriteria,
  positionOf,
  seenFinding,
} from './kept-finding.ts';
import { DELIVERIES, MAX_REPEATS, type SeenFinding } from './seen-finding.ts';
import { type StateTable, updateState } from './state-table.ts';

/** The partition of the state table that has all findings; the role of the query function may read this one only. */
const FINDINGS = 'findings';

const keyOf = (identity: FindingIdentity): Item => ({ about: text(FINDINGS), entry: text(positionOf(identity)) });

/** A finding that has begun. */
export interface BegunFinding {
  finding: AlertedFinding;
  began: FindingIdentity['began'];
  /** With which it began; none if it is of no event. */
  events: readonly FindingEvent[];
  /** When it expires, in seconds since 1970; undefined: never. */
  expiresAt: number | undefined;
}

/** Stores a finding. If it is stored, nothing changes: an event that is delivered again may say something else of it. */
export function storeFinding(
  table: StateTable,
  { finding, began, events, expiresAt }: BegunFinding,
  delivery: 'pending' | 'below-level',
): Promise<boolean> {
  const values: Item = {
    finding: text(JSON.stringify(finding)),
    delivery: text(delivery),
    // DynamoDB has no empty sets.
    ...(events.length > 0 && { firstEvents: { SS: marksOf(events) } }),
    ...(expiresAt !== undefined && { expiresAt: number(expiresAt) }),
  };
  const sets = Object.keys(values).map((name) => `${name} = if_not_exists(${name}, :${name})`);
  const key = keyOf({ ruleId: finding.rule.id, began });
  return updateState(table, key, { UpdateExpression: `SET ${sets.join(', ')}` }, values);
}

/** Notes that people were told of a stored finding. */
export const noteSent = ({ dynamo, name }: StateTable, identity: FindingIdentity): Promise<boolean> =>
  updateIf(dynamo, name, keyOf(identity), { delivery: text('sent') }, 'attribute_exists(finding)');

/**
 * Counts events as repeats of a finding, each once: those with which it began are none. The finding may be stored later.
 * @param expiresAt as of a finding
 */
export function countRepeats(
  table: StateTable,
  identity: FindingIdentity,
  events: readonly FindingEvent[],
  expiresAt: number | undefined,
): Promise<boolean> {
  const expiry = expiresAt === undefined ? '' : ' SET expiresAt = if_not_exists(expiresAt, :expiresAt)';
  return updateState(
    table,
    keyOf(identity),
    {
      UpdateExpression: `ADD moreEvents :moreEvents${expiry}`,
      ConditionExpression: 'attribute_not_exists(moreEvents) OR size(moreEvents) < :most',
    },
    {
      moreEvents: { SS: marksOf(events) },
      most: number(MAX_REPEATS),
      ...(expiresAt !== undefined && { expiresAt: number(expiresAt) }),
    },
  );
}

/** A set has nothing twice. */
const marksOf = (events: readonly FindingEvent[]) => [...new Set(events.map(markOf))];

const optional = z.optional(z.string());
/** What is kept of a finding as JSON text. */
const Content = z.object({
  rule: z.object({
    ...{ id: z.string(), title: z.string(), level: z.enum(LEVELS), description: z.string() },
    ...{ tags: z.array(z.string()), falsePositives: z.array(z.string()) },
  }),
  ...{ time: z.string(), eventIds: z.array(z.string()), reason: z.string() },
  ...{ environment: optional, accountId: optional, region: optional, user: optional, role: optional },
  ...{ principal: optional, action: optional, target: optional, outcome: optional, errorCode: optional },
  sourceIp: optional,
  copy: z.optional(z.enum(['live', 'log-file'])),
});

/** Returns undefined for repeats whose finding is not stored. */
function keptFinding(item: Item): KeptFinding | undefined {
  if (item.finding === undefined) return undefined;
  const given = textAt(item, 'delivery');
  return {
    // JSON has no undefined members.
    finding: z.parse(jsonText(Content), requiredTextAt(item, 'finding')) as KeptFinding['finding'],
    delivery: DELIVERIES.find((one) => one === given) ?? 'pending',
    first: new Set(item.firstEvents?.SS),
    more: new Set(item.moreEvents?.SS),
  };
}

/** Findings that are read with one request: some 2 KB each, more with many repeats. */
const ITEMS_AT_ONCE = 100;
/** A page that has cost this many read units (2 MB) ends early. */
const MAX_READ_UNITS = 256;

/** The findings that the alert function stored. @param tableName of the state table */
export function storedFindings(tableName: string, alerts: Alerts): FindingSource {
  return async (request, deps) => {
    const page = await readPage(tableName, request, deps);
    return { ...page, origin: { kind: 'stored', alerts } };
  };
}

async function readPage(
  table: string,
  { criteria, limit, after = PAST_ALL, within }: FindingPageRequest,
  { dynamo, now, time = UNLIMITED }: Parameters<FindingSource>[1],
): Promise<Omit<FindingPage, 'origin'>> {
  const { since: from = '', until = PAST_ALL } = criteria;
  // Positions go on after their time, so that none is as `until`.
  const to = earlier(after, until);
  const findings: SeenFinding[] = [];
  if (to < from) return { findings, end: undefined };
  const seconds = Math.floor(now() / 1000);
  const query: QueryCommandInput = {
    ...{ TableName: table, ScanIndexForward: false, Limit: ITEMS_AT_ONCE, ReturnConsumedCapacity: 'TOTAL' },
    KeyConditionExpression: 'about = :about AND entry BETWEEN :from AND :to',
    ExpressionAttributeValues: { ':about': text(FINDINGS), ':from': text(from || '0'), ':to': text(to) },
  };
  let readUnits = 0;
  let end: string | undefined;
  for await (const { Items = [], ConsumedCapacity, LastEvaluatedKey } of paginateQuery({ client: dynamo }, query)) {
    for (const item of Items) {
      const position = requiredTextAt(item, 'entry');
      if (position === after) continue;
      if (findings.length === limit) return { findings, end };
      end = position;
      const kept = isExpired(item, seconds) ? undefined : keptFinding(item);
      if (kept && meetsCriteria(kept, criteria)) findings.push(seenFinding(kept, within));
    }
    readUnits += ConsumedCapacity?.CapacityUnits ?? 0;
    if (LastEvaluatedKey !== undefined && (readUnits >= MAX_READ_UNITS || time.isSpent())) return { findings, end };
  }
  return { findings, end: undefined };
}

/** Sorts after all positions. */
const PAST_ALL = '~';

/** DynamoDB deletes items some time after they have expired. */
const isExpired = (item: Item, seconds: number) => (numberAt(item, 'expiresAt') ?? Number.POSITIVE_INFINITY) <= seconds;
