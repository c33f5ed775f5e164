import type { VerificationStatus } from '../../../../shared/query/verification.ts';
import type { CoverageCounts } from '../../../../shared/render/coverage-cells.ts';
import { relativeTime, type TimeDisplay } from '../../../../shared/render/times.ts';
import { counted } from '../../lib/words.ts';
import { missingEvents } from './coverage-grid.ts';

/** What is known; undefined: nobody may ask, or no answer has come. */
export interface TrustFacts {
  /** Of all log files in the time that is shown. */
  counts: CoverageCounts | undefined;
  verification: Pick<VerificationStatus, 'chains' | 'findings' | 'truncated'> | undefined;
  /** When the newest log file of all was delivered, ISO 8601. */
  newest: string | undefined;
  /** Whether log files should arrive all the time; those of a local store came when somebody added them. */
  isFed: boolean;
  /** Milliseconds since 1970. */
  now: number;
}

/** Whether one can rely on what one sees, in a sentence. */
export interface Verdict {
  type: 'success' | 'info' | 'warning' | 'error';
  text: string;
}

type Part = Verdict | undefined;

const HOUR_MS = 3_600_000;
/** As the alarm NoLogFiles. */
const SILENT_MS = 6 * HOUR_MS;
/** As the alarm DigestAge: CloudTrail signs a digest each hour. */
const BEHIND_MS = 4 * HOUR_MS;

const ORDER = ['success', 'info', 'warning', 'error'] as const;

export function verdictOf(facts: TrustFacts, times: TimeDisplay): Verdict {
  const parts = [ofLogFiles(facts), ofSilence(facts), ofFindings(facts), ofVerification(facts, times)].filter(
    (part) => part !== undefined,
  );
  const type = ORDER[Math.max(0, ...parts.map((part) => ORDER.indexOf(part.type)))] ?? 'info';
  const text = parts.map((part) => part.text).join('; ');
  return { type: parts.length === 0 ? 'info' : type, text: `${text.charAt(0).toUpperCase()}${text.slice(1)}.` };
}

function ofLogFiles({ counts }: TrustFacts): Part {
  if (counts === undefined) return undefined;
  const all = counts.ingested + counts.quarantined + counts.failed + counts.discarded;
  if (all === 0) return { type: 'info', text: 'no log files were delivered in this time' };
  const missing = missingEvents(counts);
  const altered = counts.altered === 0 ? [] : [`CloudTrail signed other content for ${logFiles(counts.altered)}`];
  const incomplete = missing === 0 ? [] : [`${logFiles(missing)} ${missing === 1 ? 'is' : 'are'} missing events`];
  const wrong = [...altered, ...incomplete];
  if (wrong.length > 0) return { type: altered.length > 0 ? 'error' : 'warning', text: wrong.join('; ') };
  return {
    type: 'success',
    text: all === 1 ? 'the only log file is stored completely' : `all ${logFiles(all)} are stored completely`,
  };
}

function ofSilence({ newest, isFed, now }: TrustFacts): Part {
  if (!isFed || newest === undefined || now - Date.parse(newest) < SILENT_MS) return undefined;
  return { type: 'warning', text: `the newest log file was delivered ${relativeTime(Date.parse(newest), now)}` };
}

function ofFindings({ verification }: TrustFacts): Part {
  const open = verification?.findings.filter(({ resolvedAt }) => resolvedAt === undefined).length ?? 0;
  if (open === 0) return undefined;
  const orMore = verification?.truncated ? ' or more' : '';
  return {
    type: 'error',
    text: `verification has ${open.toLocaleString('en-US')}${orMore} open ${plural(open, 'finding')}`,
  };
}

function ofVerification({ verification, isFed, now }: TrustFacts, times: TimeDisplay): Part {
  if (verification === undefined) return undefined;
  const chains = activeChains(verification.chains);
  const ends = chains.map(({ verifiedUntil }) => verifiedUntil ?? '').sort();
  const [oldest = '', newest = ''] = [ends[0], ends.at(-1)];
  if (newest === '') return { type: 'info', text: 'nothing is verified yet' };
  const behind = chains.filter(isBehind(newest)).length;
  const isLate = isFed && now - Date.parse(newest) > BEHIND_MS;
  if (behind === 0)
    return { type: isLate ? 'warning' : 'success', text: `all digests verified up to ${times.full(oldest)}` };
  const text = `digests verified up to ${times.full(newest)}, ${behind} of ${chains.length} digest chains ${behind === 1 ? 'is' : 'are'} behind`;
  return { type: 'warning', text };
}

type Chain = VerificationStatus['chains'][number];

/** The chains that get a digest each hour. */
export const activeChains = (chains: readonly Chain[]) =>
  chains.filter(({ retired, backfill }) => !retired && !backfill);

/** Whether a chain is verified for hours less than the one that is verified furthest. @param newest ISO 8601 */
export function isBehind(newest: string): (chain: Chain) => boolean {
  return ({ verifiedUntil }) =>
    verifiedUntil === undefined || Date.parse(newest) - Date.parse(verifiedUntil) > BEHIND_MS;
}

const plural = (count: number, what: string) => (count === 1 ? what : `${what}s`);
const logFiles = (count: number) => counted(count, 'log file');
