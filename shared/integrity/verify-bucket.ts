import type { S3Client } from '@aws-sdk/client-s3';
import pMap from 'p-map';
import { openObject } from '../aws/open-object.ts';
import { s3Place } from '../errors.ts';
import { readLedgerSummaries } from '../store/ledger-batch.ts';
import { ledgerKey } from '../store/ledger-entry.ts';
import type { Finding } from './finding.ts';
import { Gate } from './gate.ts';
import { listPlaces, type PlaceFilter } from './list-objects.ts';
import { hashLogFile } from './log-file-hash.ts';
import { Outcomes } from './outcomes.ts';
import type { PlaceReport, Unchecked } from './place-report.ts';
import type { PublicKeySource } from './public-keys.ts';
import type { TimeRange } from './time-range.ts';
import { type EventCounts, type EventIndex, verifyEvents } from './verify-events.ts';
import { type PlaceDeps, verifyPlace } from './verify-place.ts';

/** What is to be verified. */
export interface VerifyRequest extends PlaceFilter, TimeRange {
  /** Only the digests of these trails; then neither unnamed log files nor events are looked for. */
  trails?: readonly string[] | undefined;
}

export interface VerifyDeps {
  s3: S3Client;
  keys: PublicKeySource;
  /** The clock, in milliseconds since 1970. */
  now(): number;
  sleep(milliseconds: number): Promise<unknown>;
  /** Requests to S3 at a time. */
  concurrency: number;
  /** The tables that were made from the log files; absent: only the bucket is verified. */
  index?: EventIndex | undefined;
  /** Told of so many more log files that were looked at. */
  onProgress?: (logFiles: number) => void;
}

export interface VerifyReport {
  places: PlaceReport[];
  /** Absent without an index. */
  events?: EventCounts;
  /** All of them, by place. */
  findings: Finding[];
  unchecked: Unchecked[];
}

const PLACES_AT_ONCE = 16;

/**
 * Verifies that the log files of a bucket are all that CloudTrail delivered, unaltered, and that what is in the tables was
 * made from them. What could not be read is in the report as `unchecked`.
 * @throws any error of S3 while the accounts and Regions are listed
 */
export async function verifyBucket(request: VerifyRequest, deps: VerifyDeps): Promise<VerifyReport> {
  const { since, until, trails } = request;
  const { s3, keys, now, sleep, index, onProgress } = deps;
  const gate = new Gate(deps.concurrency);
  const outcomes = new Outcomes();
  const placeDeps: PlaceDeps = {
    ...{ s3, keys, now, sleep, gate, outcomes, copies: index?.copies ?? [] },
    ...(index && { readLedger: (objects) => readLedgerSummaries(index.dynamo, index.tables.logFilesTable, objects) }),
    ...(onProgress && { onProgress }),
  };
  const found = await listPlaces(s3, request);
  const places = await pMap(found, (place) => verifyPlace(place, { since, until }, trails, placeDeps), {
    concurrency: PLACES_AT_ONCE,
  });
  await findMoved(places, s3, gate);
  const report: VerifyReport = {
    places,
    findings: places.flatMap(({ findings }) => findings),
    unchecked: places.flatMap(({ unchecked }) => unchecked),
  };
  if (index === undefined || trails !== undefined) return report;
  const events = await verifyEvents({ request, places, outcomes, s3, gate, now }, index);
  report.findings.push(...events.findings);
  report.unchecked.push(...events.unchecked);
  return { ...report, events: events.counts };
}

/** A digest or log file that is missing in one place and turned up in another is moved, not missing. */
async function findMoved(places: readonly PlaceReport[], s3: S3Client, gate: Gate): Promise<void> {
  const movedDigests = new Set(places.flatMap((place) => [...place.movedDigests]));
  for (const place of places) {
    place.findings = place.findings.filter(
      (finding) => !(finding.kind === 'digest-missing' && isIn(movedDigests, finding)),
    );
  }
  const hashes = new Map(places.flatMap((place) => [...place.missingHashes]));
  const all = places.flatMap(({ findings }) => findings);
  const missing = new Map(
    all.flatMap((finding) =>
      finding.kind === 'log-file-missing' ? [[hashes.get(ledgerKey(objectOf(finding)))!, finding]] : [],
    ),
  );
  if (missing.size === 0) return;
  const resolved = new Set<Finding>();
  await Promise.all(
    all
      .filter(({ kind }) => kind === 'log-file-unnamed')
      .map(async (unnamed) => {
        const origin = missing.get((await gate.run(() => hashOf(s3, objectOf(unnamed)))) ?? '');
        if (origin === undefined || origin.kind === 'log-file-moved') return;
        origin.kind = 'log-file-moved';
        origin.detail = `expected it there, as its digest says; it is at ${s3Place(objectOf(unnamed))}`;
        resolved.add(unnamed);
      }),
  );
  for (const place of places) place.findings = place.findings.filter((finding) => !resolved.has(finding));
}

const objectOf = ({ bucket = '', key = '' }: Finding) => ({ bucket, key });

function isIn(objects: ReadonlySet<string>, finding: Finding): boolean {
  return finding.key !== undefined && objects.has(ledgerKey(objectOf(finding)));
}

/** Nothing when it cannot be read: then it stays what it is, a file that nobody named. */
async function hashOf(s3: S3Client, object: { bucket: string; key: string }): Promise<string | undefined> {
  try {
    const open = await openObject(s3, object);
    return open && (await hashLogFile(open.body));
  } catch {
    return undefined;
  }
}
