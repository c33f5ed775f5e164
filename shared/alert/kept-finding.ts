import { createHash } from 'node:crypto';
import { isoTime } from '../cloudtrail/times.ts';
import { defined } from '../defined.ts';
import type { FindingEvent } from '../detect/detector.ts';
import { isAtLeast, type Level } from '../detect/level.ts';
import { type Criteria, isPrefix } from '../query/criteria-table.ts';
import { truncateKey } from '../store/keys.ts';
import type { AlertedFinding } from './alerted-finding.ts';
import type { Delivery, SeenFinding } from './seen-finding.ts';

/** A finding that is kept, with its events as `markOf` writes them, each once. */
export interface KeptFinding {
  finding: AlertedFinding;
  delivery: Delivery;
  /** The events with which it began. */
  first: ReadonlySet<string>;
  /** The events that repeated it; some of `first` may be among them. */
  more: ReadonlySet<string>;
}

/**
 * An event in a set of events: its time, a hash of its eventID, and one of its environment, always of one length. A set of them grows
 * to the same whatever the order in which events come, and however often.
 */
export const markOf = ({ time, eventId, environment }: FindingEvent): string =>
  [isoTime(time), digestOf(eventId), digestOf(environment)].join(' ');

const digestOf = (value = '') => createHash('sha256').update(value).digest('base64url').slice(0, 11);
const timeOfMark = (mark: string) => mark.slice(0, mark.indexOf(' '));
const environmentOfMark = (mark: string) => mark.slice(mark.lastIndexOf(' ') + 1);

/** @param within an environment, the only one whose repeats count; undefined: all do */
export function seenFinding({ finding, delivery, first, more }: KeptFinding, within: string | undefined): SeenFinding {
  const counts = (mark: string) => within === undefined || environmentOfMark(mark) === digestOf(within);
  const repeats = [...more].filter((mark) => !first.has(mark) && counts(mark)).map(timeOfMark);
  return {
    ...finding,
    ...{ delivery, events: first.size, repeats: repeats.length },
    ...defined({ lastRepeat: repeats.sort().at(-1) }),
  };
}

/** A rule and the event with which a finding began identify it. */
export interface FindingIdentity {
  ruleId: string;
  began: Pick<FindingEvent, 'time' | 'eventId'>;
}

/** As long as a position in a list of events may be, so that cursors of both are alike. */
const MAX_POSITION_BYTES = 24 + 1 + 512;

/** Where a finding is in a list: unique, and in the order of time. */
export const positionOf = ({ ruleId, began }: FindingIdentity): string =>
  truncateKey(`${isoTime(began.time)}#${ruleId} ${began.eventId}`, MAX_POSITION_BYTES);

/** What to look for: findings meet every criterion, and any of its values. Times are those with which findings began. */
export type FindingCriteria = Pick<Criteria, 'since' | 'until' | 'environment' | 'user' | 'account'> & {
  /** At least. */
  level: Level;
  /** IDs. */
  rule: readonly string[] | undefined;
  /** IDs of events that findings name. */
  event: readonly string[] | undefined;
};

/** Whether a finding meets the criteria, but for those of time: positions have the time. */
export function meetsCriteria({ finding }: Pick<KeptFinding, 'finding'>, criteria: FindingCriteria): boolean {
  const { level, rule, environment, account, user, event } = criteria;
  return (
    isAtLeast(finding.rule.level, level) &&
    isAnyOf([finding.rule.id], rule) &&
    isAnyOf([finding.environment], environment) &&
    isAnyOf([finding.accountId], account) &&
    isAnyOf(finding.eventIds, event) &&
    (user === undefined || user.some((wanted) => isUser(finding.user, wanted)))
  );
}

const isAnyOf = (values: readonly (string | undefined)[], wanted: readonly string[] | undefined) =>
  wanted === undefined || values.some((value) => value !== undefined && wanted.includes(value));

const isUser = (user: string | undefined, wanted: string) =>
  isPrefix('user', wanted) ? (user?.startsWith(wanted.slice(0, -1)) ?? false) : user === wanted;
