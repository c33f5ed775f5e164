import { readVerificationStatus, type VerificationFinding } from '../../query/verification.ts';
import { ALL_FORMATS } from '../negotiate.ts';
import { flat, listOf, operation } from '../operation.ts';

const MAX_FINDINGS = 500;

/** The columns of CSV. */
const FINDINGS = flat<VerificationFinding>([
  ...(['firstSeen', 'lastSeen', 'resolvedAt', 'kind', 'account', 'region', 'trail'] as const),
  ...(['bucket', 'key', 'from', 'to', 'digest', 'eventId', 'detail'] as const),
]);

export const showVerification = operation({
  id: 'showVerification',
  path: '/verification',
  summary: 'How far the log files are verified, and what the hourly verification found',
  description:
    `For each trail, account and Region, the newest digest that was checked; and the newest ${MAX_FINDINGS} findings, in JSON ` +
    'and as the lines of the other formats. A finding stays for 400 days after it was last seen.',
  parameters: {},
  formats: ALL_FORMATS,
  schemas: { json: 'Verification', line: 'VerificationFinding' },
  columns: FINDINGS.columns,
  async answer(_values, deps) {
    const status = await readVerificationStatus(deps, MAX_FINDINGS);
    return { body: listOf(status.findings, FINDINGS, status) };
  },
});
