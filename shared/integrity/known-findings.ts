import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type ObjectRef, objectName } from '../cloudtrail/object-key.ts';
import { isoTime } from '../cloudtrail/times.ts';
import { defined } from '../defined.ts';
import {
  findingKey,
  listFindings,
  type NewFinding,
  resolveFinding,
  type StoredFinding,
  writeFinding,
} from '../store/findings.ts';
import type { ExaminedDigest } from './examine-digest.ts';
import type { Finding, FindingKind } from './finding.ts';

interface KnownFindingsDeps {
  dynamo: DynamoDBClient;
  logFilesTable: string;
  now(): number;
}

/** The findings of earlier runs that still hold, as the ledger's table remembers them. */
export class KnownFindings {
  private readonly deps: KnownFindingsDeps;
  /** By the bucket and the key of the digest. */
  private readonly open: ReadonlyMap<string, readonly StoredFinding[]>;

  static async read(deps: KnownFindingsDeps): Promise<KnownFindings> {
    return new KnownFindings(deps, await listFindings(deps.dynamo, deps.logFilesTable, deps.now()));
  }

  private constructor(deps: KnownFindingsDeps, findings: readonly StoredFinding[]) {
    this.deps = deps;
    const open = findings.filter(({ resolvedAt }) => resolvedAt === undefined);
    // Those about events have no digest.
    this.open = Map.groupBy(open, ({ bucket = '', digest: key = '' }) => objectName({ bucket, key }));
  }

  /**
   * Stores what an examined digest shows, and resolves what it showed before and shows no more.
   * @param checked the kinds of findings that were looked for
   */
  async keep(digest: ObjectRef, found: readonly Finding[], checked: readonly FindingKind[]): Promise<void> {
    const { dynamo, logFilesTable, now } = this.deps;
    const time = isoTime(now());
    const current = inARow(found).map((finding) => toStore(finding, digest));
    for (const finding of current) await writeFinding(dynamo, logFilesTable, finding, time);
    const keys = new Set(current.map(findingKey));
    const gone = (this.open.get(objectName(digest)) ?? []).filter(
      (finding) => checked.some((kind) => kind === finding.kind) && !keys.has(findingKey(finding)),
    );
    for (const finding of gone) await resolveFinding(dynamo, logFilesTable, finding, time);
  }
}

/** The account and Region of a chain. */
type Place = Pick<Finding, 'account' | 'region'>;

/** Returns what is wrong with the digest itself. */
export function problemFindings({ bucket, key, problem }: ExaminedDigest, { account, region }: Place): Finding[] {
  return problem === undefined ? [] : [{ ...problem, account, region, bucket, key }];
}

/** Returns one finding about all log files of a digest that should have been ingested by now. */
export function overdueFindings(
  { bucket, key }: ObjectRef,
  { overdue, overdueLogFiles }: { overdue: number; overdueLogFiles: readonly string[] },
  { account, region }: Place,
): Finding[] {
  if (overdue === 0) return [];
  const detail = `expected all log files that this digest names to be ingested; not ingested: ${overdue}, such as ${overdueLogFiles[0]}`;
  return [{ kind: 'log-file-not-ingested', account, region, bucket, key, detail }];
}

const OWN = ['digest-malformed', 'digest-signature-wrong', 'digest-key-unknown', 'digest-moved'] as const;
const OF_LINKS = ['digest-missing', 'digest-replaced', 'logging-gap'] as const;
export const OF_LOG_FILES = ['log-file-not-ingested'] as const;

/**
 * The kinds of findings that the examination of the next digest of a chain looks for.
 * @param isTrusted whether the log files that it names were compared
 * @param isLinked whether it was compared with the one before it
 */
export function checkedKinds({ state }: ExaminedDigest, isTrusted: boolean, isLinked: boolean): FindingKind[] {
  if (state === 'unchecked') return [];
  return [...OWN, ...(isLinked ? OF_LINKS : []), ...(isTrusted ? OF_LOG_FILES : [])];
}

function toStore({ kind, account, region, from, to, detail, ...object }: Finding, digest: ObjectRef): NewFinding {
  const { bucket = digest.bucket, key } = object;
  return { kind, account, region, bucket, digest: digest.key, detail, ...defined({ key, from, to }) };
}

/** Digests of many hours can be missing. Those whose names are not known are one finding, with the time of all of them. */
function inARow(findings: readonly Finding[]): readonly Finding[] {
  const unnamed = findings.filter(({ kind, key }) => kind === 'digest-missing' && key === undefined);
  const [first, ...others] = unnamed;
  const last = others.at(-1);
  if (first === undefined || last === undefined) return findings;
  const detail = `${first.detail}, and for each of the ${others.length} after it`;
  return [{ ...first, ...defined({ to: last.to }), detail }, ...findings.filter((one) => !unnamed.includes(one))];
}
