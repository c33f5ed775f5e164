import { type AttributeName, type AttributeValues, attributeOf } from '../audit-event/attributes.ts';
import { defined } from '../defined.ts';
import type { Verdict } from '../detect/detector.ts';
import { EVIDENCE_RULE, evidenceFinding } from '../detect/evidence.ts';
import { type Finding, findingOf } from '../detect/finding.ts';
import type { RuleInfo } from '../detect/rule.ts';
import type { VerificationFinding } from '../query/verification.ts';
import type { StoredEvent } from '../store/event-item.ts';

/** What is told of the event with which a finding began, besides what every finding has. */
const TOLD = [
  'region',
  'role',
  'principal',
  'action',
  'target',
  'outcome',
  'errorCode',
  'sourceIp',
] as const satisfies AttributeName[];

/** What is known of a finding. All values are of attributes, in which secrets are masked. */
export type AlertedFinding = Finding &
  Partial<AttributeValues<(typeof TOLD)[number]>> & {
    rule: Pick<RuleInfo, 'description' | 'tags' | 'falsePositives'>;
    /**
     * Which copy of the event with which it began was seen: that of EventBridge, before its log file, or its log file's. Absent if
     * verification found it.
     */
    copy?: 'live' | 'log-file';
  };

/** A finding as it is sent. `test`: nothing has happened. */
export type SentFinding = AlertedFinding & { test: boolean };

/** Events that are named. A message may have 256 KB, and an eventID 512 bytes. */
const MAX_EVENT_IDS = 50;

/** @param event with which the finding began */
export function alertedFinding(event: StoredEvent, verdict: Verdict & { kind: 'finding' }): AlertedFinding {
  const { rule, reason, environment, events } = verdict;
  const { description, tags, falsePositives } = rule;
  const { environment: _, ...finding } = findingOf(rule, event, reason);
  return {
    ...finding,
    rule: { ...finding.rule, description, tags, falsePositives },
    ...defined({ environment }),
    ...defined(Object.fromEntries(TOLD.map((name) => [name, attributeOf(event, name)]))),
    eventIds: events.slice(-MAX_EVENT_IDS).map(({ eventId }) => eventId),
    copy: event.provisional ? 'live' : 'log-file',
  };
}

/** What verification found. It is of no environment, and of no event. */
export function alertedEvidence(found: VerificationFinding): AlertedFinding {
  const { region } = found;
  return { ...evidenceFinding(found), rule: EVIDENCE_RULE, region };
}
