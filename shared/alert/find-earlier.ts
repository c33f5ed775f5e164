import { attributeOf } from '../audit-event/attributes.ts';
import { OPERATIONS } from '../audit-event/operations.ts';
import { isoTime } from '../cloudtrail/times.ts';
import { EventFields, timeIn, type Value } from '../detect/fields.ts';
import { detectionMatches, operationsOf } from '../detect/rule.ts';
import type { Beginning, Sought } from '../detect/state.ts';
import { type QueryDeps, readPage } from '../query/ask.ts';
import { type Criteria, isPrefix, isRange, TEXT_CRITERIA, TEXT_CRITERION_NAMES } from '../query/criteria-table.ts';
import { getEvents } from '../store/events-table.ts';

/** A page reads 2 MB of an index at most. What so many pages do not have counts as new. */
const MAX_PAGES = 40;
const PAGE_SIZE = 50;

/**
 * Looks in the store for the newest event before a time that a rule about first times matches with the same values.
 * @param time in milliseconds since 1970
 */
export async function findEarlier(
  { rule, fields }: Sought,
  { time, historyMs }: { time: number; historyMs: number },
  deps: QueryDeps,
): Promise<Beginning | undefined> {
  const criteria = { ...criteriaOf({ rule, fields }), since: isoTime(time - historyMs), until: isoTime(time) };
  const wanted = valuesOf({ rule, fields });
  const isEarlier = (candidate: EventFields) =>
    candidate.event.eventId !== fields.event.eventId &&
    detectionMatches(rule.detection, candidate) &&
    valuesOf({ rule, fields: candidate }) === wanted;
  let after: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { events, end } = await readPage({ criteria, order: 'newest-first', limit: PAGE_SIZE, after }, deps);
    const found: Beginning[] = [];
    const eventIds = events.map(({ eventId }) => eventId);
    for (const event of await getEvents(deps.dynamo, deps.tables.eventsTable, eventIds)) {
      const at = timeIn(event);
      if (at !== undefined && isEarlier(new EventFields(event))) found.push({ time: at, eventId: event.eventId });
    }
    const [newest] = found.sort((a, b) => b.time - a.time);
    if (newest !== undefined || end === undefined) return newest;
    after = end;
  }
  return undefined;
}

/** As one text. */
const valuesOf = ({ rule: { firstSeen }, fields }: Sought): string =>
  JSON.stringify((firstSeen?.fields ?? []).map(({ path }): readonly Value[] => fields.valuesAt(path) ?? []));

/** The same fields of CloudTrail's record, which have criteria by our names. */
const BY_RECORD: Readonly<Record<string, string>> = {
  'userIdentity.accessKeyId': 'accessKeyId',
  sourceIPAddress: 'sourceIp',
  eventName: 'eventName',
  userAgent: 'userAgent',
  awsRegion: 'region',
};

/** Criteria that all such events meet. They need not be all that is asked: events are compared afterwards. */
function criteriaOf({ rule, fields }: Sought): Criteria {
  const criteria: Record<string, readonly string[]> = {};
  for (const { name } of rule.firstSeen?.fields ?? []) {
    const attribute = BY_RECORD[name] ?? name.replace(/^mwaa\./, '');
    const criterion = TEXT_CRITERION_NAMES.find((one) => TEXT_CRITERIA[one].attribute === attribute);
    if (criterion === undefined) continue;
    const value = attributeOf(fields.event, TEXT_CRITERIA[criterion].attribute);
    // These would mean all texts that begin so, and all addresses in a range.
    if (typeof value === 'string' && value !== '' && !isPrefix(criterion, value) && !isRange(criterion, value))
      criteria[criterion] = [value];
  }
  const wanted = operationsOf(rule.detection);
  const names = Object.values(OPERATIONS).flatMap((operations) => Object.keys(operations));
  const operations = names.filter((name) => wanted?.has(name.toLowerCase()));
  // Operations that are not known here may be meant, too.
  if (wanted !== undefined && new Set(operations).size === wanted.size) criteria.eventName = [...new Set(operations)];
  return criteria;
}
