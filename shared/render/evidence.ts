import type { EvidenceReport } from '../integrity/evidence.ts';
import { counted, displayText } from './display.ts';

/**
 * The report on an evidence bundle, for people.
 * @param ownKeys whether the public keys are those that the bundle brings itself
 */
export function evidenceText(report: EvidenceReport, ownKeys: boolean): string {
  const { eventId, logFile, compared, digests, from, to, reachesStart, fingerprints, problems } = report;
  const chain = reachesStart ? 'back to the start of their chain' : 'a part of their chain';
  const lines = [
    `Event ${eventId}`,
    `Log file ${logFile}`,
    `Digests: ${digests}${from === undefined ? '' : `, ${from} to ${to}`}, ${chain}`,
    `Signed with: ${fingerprints.join(', ') || 'no known key'}`,
    ...(ownKeys && fingerprints.length > 0
      ? [
          'These keys come from the bundle itself: compare them with aws cloudtrail list-public-keys, or give --public-keys.',
        ]
      : []),
    ...(compared === 'event'
      ? []
      : [
          'The bundle was written by another version of mwaa-trail: only its record is compared, not what was derived from it.',
        ]),
    ...problems.map((problem) => `- ${problem}`),
    problems.length === 0
      ? `Verified: the ${compared} is what CloudTrail delivered, in this log file, at this place.`
      : `Not verified: ${counted(problems.length, 'problem')}.`,
  ];
  return `${lines.map(displayText).join('\n')}\n`;
}

/** The report for programs. */
export function evidenceJson(report: EvidenceReport): string {
  return `${JSON.stringify({ verified: report.problems.length === 0, ...report }, null, 2)}\n`;
}
