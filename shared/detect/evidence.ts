import { defined } from '../defined.ts';
import type { QueryDeps } from '../query/ask.ts';
import { readVerificationFindings, type VerificationFinding } from '../query/verification.ts';
import type { DetectRequest } from './detect-stored.ts';
import type { Finding } from './finding.ts';
import type { RuleInfo } from './rule.ts';

/** What verification found is a finding of this rule: events that were removed or altered match no other. */
export const EVIDENCE_RULE = {
  id: '1c0f4c8e-5b7d-4a55-9d0c-6f6f0f0b7a21',
  title: 'Evidence Altered, Missing or Not Signed',
  level: 'critical',
  description:
    'Verification found that log files or digests of the trail were changed, are gone, or that their events are not stored: so ' +
    'events may have been removed, or forged. docs/verification.md says what each finding means, and what to do.',
  tags: ['attack.t1685.002', 'attack.t1562.008'],
  falsePositives: [
    'An outage of ingest for hours',
    'A lifecycle rule of the bucket',
    'A trail that was off on purpose',
  ],
} as const satisfies Pick<RuleInfo, 'id' | 'title' | 'level' | 'description' | 'tags' | 'falsePositives'>;

const MAX_FINDINGS = 1_000;

/** The stored findings of verification that still hold, the newest first. They are of no environment. */
export async function evidenceFindings(request: DetectRequest, deps: QueryDeps): Promise<Finding[]> {
  const { since = '', until = '~', environment, account, region } = request;
  if (environment !== undefined) return [];
  const isWanted = (one: VerificationFinding) =>
    one.resolvedAt === undefined &&
    one.firstSeen >= since &&
    one.firstSeen < until &&
    (account?.includes(one.account) ?? true) &&
    (region?.includes(one.region) ?? true);
  return (await readVerificationFindings(deps, MAX_FINDINGS)).filter(isWanted).map(evidenceFinding);
}

/** What verification found, as a finding. */
export function evidenceFinding({
  firstSeen,
  account,
  kind,
  detail,
  trail,
  key,
  eventId,
}: VerificationFinding): Finding {
  const { id, title, level } = EVIDENCE_RULE;
  return {
    rule: { id, title, level },
    time: firstSeen,
    accountId: account,
    eventIds: eventId === undefined ? [] : [eventId],
    reason: [`${kind}: ${detail}`, ...Object.values(defined({ trail, key }))].join('; '),
  };
}
