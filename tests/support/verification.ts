import type { Context } from 'aws-lambda';
import { createVerifyHandler, type VerifyFunctionDeps } from '../../functions/verify-handler.ts';
import { objectName } from '../../shared/cloudtrail/object-key.ts';
import { HOUR_MS as HOUR } from '../../shared/cloudtrail/times.ts';
import type { DigestReport, RetiredChain, RunReport } from '../../shared/integrity/verify-ingested.ts';
import { readLedger, readVerifications } from '../../shared/store/ledger.ts';
import type { LedgerEntry } from '../../shared/store/ledger-entry.ts';
import type { Servers } from './servers.ts';
import {
  publicKeys,
  putTrailObject,
  SignedBucket,
  type TestLogFile,
  type TestTrail,
  TRAIL_START,
  type TrailSettings,
} from './signed-trail.ts';
import { createWorld, logFileOf, s3Event, type World } from './world.ts';

const START = Date.parse(TRAIL_START);

/** A trail, its log files ingested, and the function that verifies them, at a time of its own. */
export class Verification {
  readonly reports: DigestReport[] = [];
  readonly failures: string[] = [];
  readonly retired: RetiredChain[] = [];
  readonly world: World;
  readonly bucket: SignedBucket;
  readonly trail: TestTrail;
  now: number;

  static async of(
    servers: Servers,
    settings: TrailSettings = {},
    tamper: (trail: TestTrail) => void = () => {},
  ): Promise<Verification> {
    const world = await createWorld(servers);
    const bucket = new SignedBucket(`trail-${world.quarantineBucket}`);
    const trail = bucket.addTrail({ hours: 3, ...settings });
    tamper(trail);
    await bucket.upload(world.s3);
    return new Verification(world, bucket, trail, START + (settings.hours ?? 3) * HOUR + 60_000);
  }

  private constructor(world: World, bucket: SignedBucket, trail: TestTrail, now: number) {
    this.world = world;
    this.bucket = bucket;
    this.trail = trail;
    this.now = now;
    world.deps.now = () => this.now;
  }

  async ingest(files: readonly TestLogFile[] = this.trail.logFiles): Promise<void> {
    await this.world.handle(s3Event(...files.map(({ bucket, key }) => ({ bucket, key, etag: '' }))));
  }

  /** Puts other content under the name of a log file, and has it ingested. */
  async forge(file: TestLogFile, records: readonly unknown[] = [{ eventSource: 's3.amazonaws.com', forged: true }]) {
    await putTrailObject(this.world.s3, { ...file, body: logFileOf(records) });
    await this.ingest([file]);
  }

  async run(options: Partial<VerifyFunctionDeps> = {}, context: Partial<Context> = {}): Promise<RunReport> {
    this.reports.length = 0;
    const { s3, dynamo, deps } = this.world;
    const handler = createVerifyHandler(
      {
        ...{ s3, dynamo, logFilesTable: deps.config.logFilesTable, graceMs: 6 * HOUR, sleep: async () => {} },
        locations: [{ bucket: this.bucket.bucket, prefix: '' }],
        originals: [],
        since: TRAIL_START,
        createKeys: publicKeys,
        now: () => this.now,
        ...options,
      },
      {
        digest: (report) => void this.reports.push(report),
        retired: (chain) => void this.retired.push(chain),
        failed: (place, error) => void this.failures.push(`${place}: ${(error as Error).name}`),
        end: () => {},
      },
    );
    return handler({}, context as Context);
  }

  /** What readers are told of each log file; undefined: it is not verified yet. */
  async states(): Promise<(string | undefined)[]> {
    return this.statesOf(this.trail.logFiles);
  }

  async statesOf(files: readonly TestLogFile[]): Promise<(string | undefined)[]> {
    const { dynamo, deps } = this.world;
    const names = files.map(objectName);
    const found = await readVerifications(dynamo, deps.config.logFilesTable, names);
    return names.map((name) => found.get(name)?.verification).map((state) => (state === 'pending' ? undefined : state));
  }

  entry(file: TestLogFile): Promise<LedgerEntry | undefined> {
    return readLedger(this.world.dynamo, this.world.deps.config.logFilesTable, file);
  }

  sum(name: 'verified' | 'failed' | 'known' | 'open' | 'overdue'): number {
    return this.reports.reduce((total, report) => total + report[name], 0);
  }

  findings(): string[] {
    return this.reports.flatMap(({ findings }) => findings.map(({ kind }) => kind));
  }
}
