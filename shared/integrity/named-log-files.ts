import type { LimitFunction } from 'p-limit';
import { ObjectChangedError, ObjectMissingError, openObject } from '../aws/open-object.ts';
import { type ObjectRef, trailPath } from '../cloudtrail/object-key.ts';
import { describeError, s3Uri } from '../errors.ts';
import { type Comparison, compareWithLedger, type Ledger } from './compare-with-ledger.ts';
import type { NamedLogFile } from './digest.ts';
import type { ExamineDeps } from './examine-digest.ts';
import type { Finding } from './finding.ts';
import { type ContentProblem, checkLogFile } from './log-file-hash.ts';
import type { Outcomes, ScopeReport } from './scope-report.ts';

/** A log file that a signed digest names. */
export interface NamedFile {
  file: NamedLogFile;
  /** The key of the digest. */
  digest: string;
  /** Whether it is in the folder of its account and Region. */
  isListed: boolean;
}

export interface NamedFilesDeps extends ExamineDeps {
  limit: LimitFunction;
  /** undefined: only the bucket is verified. */
  ledger: Ledger | undefined;
  /** Buckets through which log files also came into the ledger, below the same path from `AWSLogs/` on. */
  copies: readonly string[];
  /** The results of the log files, for the verification of events. */
  outcomes: Outcomes;
  /** Called with the number of log files that were checked since the last call. */
  onProgress(logFiles: number): void;
}

type Problem = Pick<Finding, 'kind' | 'detail'>;
/** `altered`: what is wrong with its content. */
type CheckedFile = NamedFile & { isMissing: boolean; altered?: Finding };

/** Compares the log files that signed digests of an account and Region name with the bucket and the ledger. */
export class NamedLogFiles {
  /** Findings of missing log files by their SHA-256, to find out where they are. */
  readonly missing = new Map<string, Finding>();
  private readonly report: ScopeReport;
  private readonly deps: NamedFilesDeps;

  constructor(report: ScopeReport, deps: NamedFilesDeps) {
    this.report = report;
    this.deps = deps;
  }

  async verify(files: readonly NamedFile[]): Promise<void> {
    const { limit } = this.deps;
    await this.checkIngested(await Promise.all(files.map((named) => limit(() => this.checkContent(named)))));
  }

  private async checkContent(named: NamedFile): Promise<CheckedFile> {
    const { report, deps } = this;
    const { file, isListed } = named;
    report.logFiles += 1;
    // In a copy of a bucket, the copy is what is verified.
    const isCopy = file.bucket !== report.bucket && isListed;
    const object = isCopy ? { bucket: report.bucket, key: file.key } : file;
    const result = await this.compareContent(object, file.sha256);
    deps.onProgress(1);
    if (result === 'same') {
      report.logFilesVerified += 1;
      deps.outcomes.verified(file.key, file.sha256);
      const detail = `expected it there, as its digest says; it is at ${s3Uri(object)}`;
      if (isCopy) this.add(named, { kind: 'log-file-moved', detail });
    } else if (result === 'missing') {
      const detail = 'expected this log file, which its digest names';
      const finding = this.add(named, { kind: 'log-file-missing', detail });
      deps.outcomes.unproven(file.key, finding);
      this.missing.set(file.sha256, finding);
    } else if ('reason' in result) {
      report.unchecked.push({ place: s3Uri(object), ...result });
      deps.outcomes.unproven(file.key);
    } else {
      const altered = this.add(named, result);
      deps.outcomes.unproven(file.key, altered);
      return { ...named, isMissing: false, altered };
    }
    return { ...named, isMissing: result === 'missing' };
  }

  /** Reads a log file again if it is not as expected, because the transfer may be at fault. */
  private async compareContent(
    object: ObjectRef,
    sha256: string,
  ): Promise<'same' | 'missing' | ContentProblem | { reason: string }> {
    const open = async () => (await openObject(this.deps.s3, object, this.deps)).body;
    for (let reading = 1; ; reading += 1) {
      try {
        const problem = await checkLogFile(open, sha256);
        if (problem === undefined || reading > 1) return problem ?? 'same';
      } catch (error) {
        if (error instanceof ObjectMissingError) return 'missing';
        if (!(error instanceof ObjectChangedError) || reading > 1) return { reason: describeError(error) };
      }
    }
  }

  /** Checks that log files came into the ledger, with the content that their digests say. */
  private async checkIngested(files: readonly CheckedFile[]): Promise<void> {
    const { ledger } = this.deps;
    const { account, region, followed, unchecked } = this.report;
    if (ledger === undefined) return;
    try {
      for await (const batch of compareWithLedger(ledger, files, (file) => this.ledgerNames(file))) {
        for (const { named, comparison } of batch) {
          const { altered } = named;
          // Log files that a trail wrote elsewhere before need not have been ingested.
          const problem = ingestionProblem(named.file, comparison, named.isMissing || followed);
          // If the log file was altered, its ingestion is a consequence, and part of that finding.
          if (problem && altered) altered.detail += `; ${problem.detail}`;
          else if (problem) this.add(named, problem);
        }
      }
    } catch (error) {
      unchecked.push({ place: `the ledger, for ${account} ${region}`, reason: describeError(error) });
    }
  }

  /** The names that a log file can have in the ledger. */
  private ledgerNames({ bucket, key }: NamedLogFile): ObjectRef[] {
    const { originals, copies } = this.deps;
    const buckets = new Set([bucket, this.report.bucket, ...originals]);
    return [
      ...[...buckets].map((name) => ({ bucket: name, key })),
      ...copies.map((copy) => ({ bucket: copy, key: trailPath(key) })),
    ];
  }

  private add({ file, digest }: NamedFile, { kind, detail }: Problem): Finding {
    const { account, region, findings } = this.report;
    const finding = { account, region, bucket: file.bucket, key: file.key, kind, digest, detail };
    findings.push(finding);
    return finding;
  }
}

/** @param mayBeUnknown whether it need not have been ingested */
function ingestionProblem(
  { sha256 }: NamedLogFile,
  { result, entry }: Comparison,
  mayBeUnknown: boolean,
): Problem | undefined {
  if (result === 'differs') {
    const other = [entry.sha256, ...(entry.otherSha256 ?? [])].find((hash) => hash !== undefined && hash !== sha256);
    const detail = `expected content with the SHA-256 ${sha256} to be ingested; the ledger has ${other}`;
    return { kind: 'log-file-ingested-differently', detail };
  }
  if (mayBeUnknown || result === 'ingested') return undefined;
  const state = entry
    ? `the ledger has it as ${entry.state}${entry.reason ? `: ${entry.reason}` : ''}`
    : 'the ledger does not know it';
  return { kind: 'log-file-not-ingested', detail: `expected it to be ingested; ${state}` };
}
