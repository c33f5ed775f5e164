import type { S3Client } from '@aws-sdk/client-s3';
import pMap from 'p-map';
import { openObject } from '../aws/open-object.ts';
import { readDigestKey } from '../cloudtrail/object-key.ts';
import { s3Uri } from '../errors.ts';
import { readLedgerSummaries } from '../store/ledger-batch.ts';
import { ledgerKey } from '../store/ledger-entry.ts';
import { CoveredTime } from './covered-time.ts';
import type { Finding } from './finding.ts';
import { Gate } from './gate.ts';
import { listPlaces, type ScopeFilter, type TrailScope } from './list-objects.ts';
import { hashLogFile } from './log-file-hash.ts';
import { Outcomes } from './outcomes.ts';
import type { PlaceReport, Unchecked } from './place-report.ts';
import type { PublicKeySource } from './public-keys.ts';
import { later, type TimeRange } from './time-range.ts';
import { type EventCounts, type EventIndex, verifyEvents } from './verify-events.ts';
import { type Move, type PlaceDeps, type PlaceScope, PlaceVerification } from './verify-place.ts';

/** What is to be verified. */
export interface VerifyRequest extends ScopeFilter, TimeRange {
  /** Only the digests of these trails; then neither unnamed log files nor events are looked for. */
  trails?: readonly string[] | undefined;
  /** Buckets of which this one is a replica; its digests name them. Its own digests are accepted as well. */
  originals?: readonly string[] | undefined;
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
  const { since, until, trails, originals = [] } = request;
  const { s3, keys, now, sleep, index, onProgress } = deps;
  const gate = new Gate(deps.concurrency);
  const outcomes = new Outcomes();
  const placeDeps: PlaceDeps = {
    ...{ s3, keys, now, sleep, gate, outcomes, originals, copies: index?.copies ?? [], namedElsewhere: new Set() },
    alsoAsked: new Set(),
    ...(index && { readLedger: (objects) => readLedgerSummaries(index.dynamo, index.tables.logFilesTable, objects) }),
    ...(onProgress && { onProgress }),
  };
  const found = await listPlaces(s3, request);
  const scopes = found.map((place) => ({ place, range: { since, until }, trails, followed: false }));
  const verifications = await readPlaces(scopes, placeDeps);
  for (let next = earlierPlaces(verifications); next.length > 0; next = earlierPlaces(verifications)) {
    verifications.push(...(await readPlaces(next, placeDeps)));
  }
  await judge(verifications);
  const places = verifications.map(({ report }) => report);
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

function readPlaces(scopes: readonly PlaceScope[], deps: PlaceDeps): Promise<PlaceVerification[]> {
  const read = async (scope: PlaceScope) => {
    const verification = new PlaceVerification(scope, deps);
    await verification.read();
    return verification;
  };
  return pMap(scopes, read, { concurrency: PLACES_AT_ONCE });
}

/** Places where trails wrote before they came to those that were read: only those trails are verified there. */
function earlierPlaces(verifications: readonly PlaceVerification[]): PlaceScope[] {
  const scopes = new Map<string, PlaceScope>();
  for (const { moves, scope } of verifications) {
    for (const move of moves) {
      const place = placeBefore(move);
      const until = move.newer.checked.digest?.start;
      const { since } = scope.range;
      if (place === undefined || until === undefined || (since !== undefined && until <= since)) continue;
      if (verifications.some((other) => isSamePlace(other.scope.place, place))) continue;
      const known = scopes.get(placeKey(place));
      scopes.set(placeKey(place), {
        place,
        range: { since, until: later(until, known?.range.until ?? until) },
        trails: [...new Set([...(known?.trails ?? []), move.newer.names.trail])],
        followed: true,
      });
    }
  }
  return [...scopes.values()];
}

/** What only all digests of an account and Region together can tell. */
async function judge(verifications: readonly PlaceVerification[]): Promise<void> {
  for (const verification of verifications) {
    for (const move of verification.moves) {
      const before = placeBefore(move);
      const there = before && verifications.find(({ scope }) => isSamePlace(scope.place, before));
      await verification.settleMove(move, there);
    }
  }
  const groups = new Map<string, PlaceVerification[]>();
  for (const verification of verifications) {
    const { account, region } = verification.scope.place;
    const group = `${account}/${region}`;
    groups.set(group, [...(groups.get(group) ?? []), verification]);
  }
  for (const group of groups.values()) {
    const covered = new CoveredTime(group.flatMap((verification) => verification.coveredSpans()));
    const newest = group.flatMap((verification) => (verification.scope.followed ? [] : verification.livingEnds()));
    for (const verification of group) verification.checkEnds(covered);
    for (const verification of group) verification.judge({ newest, covered });
  }
}

function placeBefore({ previous }: Move): TrailScope | undefined {
  const names = readDigestKey(previous.key);
  return names && { bucket: previous.bucket, root: names.root, account: names.account, region: names.region };
}

const placeKey = ({ bucket, root, account, region }: TrailScope) => [bucket, root, account, region].join('|');
const isSamePlace = (one: TrailScope, other: TrailScope) => placeKey(one) === placeKey(other);

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
        origin.detail = `expected it there, as its digest says; it is at ${s3Uri(objectOf(unnamed))}`;
        resolved.add(unnamed);
      }),
  );
  for (const place of places) place.findings = place.findings.filter((finding) => !resolved.has(finding));
}

const objectOf = ({ bucket = '', key = '' }: Finding) => ({ bucket, key });

function isIn(objects: ReadonlySet<string>, finding: Finding): boolean {
  return finding.key !== undefined && objects.has(ledgerKey(objectOf(finding)));
}

/** Returns undefined if it cannot be read: then it stays a file that no digest names. */
async function hashOf(s3: S3Client, object: { bucket: string; key: string }): Promise<string | undefined> {
  try {
    const open = await openObject(s3, object);
    return open && (await hashLogFile(open.body));
  } catch {
    return undefined;
  }
}
