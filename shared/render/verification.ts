import type { Finding, FindingKind } from '../integrity/finding.ts';
import type { VerifyReport } from '../integrity/verify-bucket.ts';
import { displayText } from './display.ts';
import { type Column, textTable } from './table.ts';
import type { View } from './view.ts';

/** What a kind of finding means, and what to do. */
interface Explanation {
  title: string;
  means: string;
  todo: string;
}

const RESTORE =
  'restore it from a version, a replica or a backup, and find out by CloudTrail and S3 access logs who did it';

export const EXPLANATIONS: Readonly<Record<FindingKind, Explanation>> = {
  'log-file-modified': {
    title: 'Log files that were altered',
    means: 'the content is not what CloudTrail delivered',
    todo: RESTORE,
  },
  'log-file-missing': {
    title: 'Log files that are gone',
    means: 'a signed digest names them, the bucket has them no longer',
    todo: RESTORE,
  },
  'log-file-moved': {
    title: 'Log files that are elsewhere',
    means: 'the content is right, the place is not: a copy, or somebody tidied up',
    todo: 'move them back, or verify where CloudTrail delivered them',
  },
  'log-file-trailing-bytes': {
    title: 'Log files with something after their end',
    means: 'bytes follow the gzip stream, which most readers do not see',
    todo: RESTORE,
  },
  'log-file-unnamed': {
    title: 'Log files that CloudTrail did not deliver',
    means: 'no digest names them, and a trail that covers their time is there: their events may be made up',
    todo: 'treat their events as forged until you know who put them there',
  },
  'log-file-not-ingested': {
    title: 'Log files whose events are not in the table',
    means: 'CloudTrail delivered them, and the ledger does not say that they were ingested',
    todo: 'ingest them: redrive the dead-letter queue, replay the quarantine, or read them again',
  },
  'log-file-ingested-differently': {
    title: 'Log files that were ingested with other content',
    means: 'the content from which the events were made is not what CloudTrail delivered',
    todo: 'treat events of these log files as forged; ingest them again once the bucket is right',
  },
  'digest-missing': {
    title: 'Digests that are gone',
    means: 'log files delivered in that hour cannot be verified, and could be missing too',
    todo: `${RESTORE}; a lifecycle rule may also have expired the oldest: then give --since`,
  },
  'digest-signature-wrong': {
    title: 'Digests with a wrong signature',
    means: 'the digest, or its signature, was changed: nothing that it says is proof',
    todo: RESTORE,
  },
  'digest-key-unknown': {
    title: 'Digests signed with an unknown key',
    means:
      'the key is none that CloudTrail had in that Region and time: the digest is forged, or the public keys are incomplete',
    todo: 'with --public-keys, get the keys of that Region and time; otherwise as with a wrong signature',
  },
  'digest-malformed': { title: 'Digests that are none', means: 'the object cannot be read as a digest', todo: RESTORE },
  'digest-moved': {
    title: 'Digests that are elsewhere',
    means: 'the signature is right, the place is not: a copy of the bucket, or somebody moved them',
    todo: 'move them back, or verify the bucket to which CloudTrail delivered them',
  },
  'digest-replaced': {
    title: 'Digests that are not those of their chain',
    means: 'signed, but the next digest was signed upon another one',
    todo: RESTORE,
  },
  'logging-gap': {
    title: 'Times without logging',
    means:
      'logging, or log file validation, was switched off and on again: what happened meanwhile is not recorded, or not provable',
    todo: 'look for StopLogging, UpdateTrail and DeleteTrail events around that time',
  },
  'digests-end': {
    title: 'Times after the last digest',
    means: 'no digest came any more: logging or validation was switched off, or the newest digests were deleted',
    todo: 'look for StopLogging, UpdateTrail, DeleteTrail and DeleteObject events around that time',
  },
  'not-covered': {
    title: 'Log files of a time without digests',
    means:
      'log file validation was off, or all digests of that time were deleted: nothing about these log files can be proven',
    todo: 'switch log file validation on; for older times, rely on other copies',
  },
  'event-unproven': {
    title: 'Events that are not proven',
    means: 'the event in the table is not what a verified log file says',
    todo: 'treat it as forged: compare it with the log file, and find out who can write to the table',
  },
};

/** Findings of a kind that are printed; JSON has all. */
const MOST_LINES = 100;

/** The report for people. */
export function verificationText(report: VerifyReport, view: Pick<View, 'width' | 'colour'>): string {
  const sections = [
    placesTable(report, view),
    ...followedSection(report),
    ...retiredSection(report),
    ...eventsLine(report),
    ...findingSections(report),
    ...uncheckedSection(report),
    summary(report),
  ];
  return `${sections.join('\n\n')}\n`;
}

/** The report for programs: all findings, and whether that is all. */
export function verificationJson(report: VerifyReport): string {
  const places = report.places.map(({ findings, unchecked: _, missingHashes: __, movedDigests: ___, ...place }) => ({
    ...place,
    findings: findings.length,
  }));
  const { events, findings, unchecked } = report;
  return `${JSON.stringify({ verified: isVerified(report), places, events, findings, unchecked }, null, 2)}\n`;
}

/** Whether everything is there, and as it was: something was verified, and nothing was wrong or could not be looked at. */
export function isVerified({ places, findings, unchecked }: VerifyReport): boolean {
  return findings.length === 0 && unchecked.length === 0 && places.some(({ digestsSigned }) => digestsSigned > 0);
}

function placesTable({ places }: VerifyReport, view: Pick<View, 'width' | 'colour'>): string {
  const columns: (string | Column)[] = [
    'ACCOUNT',
    'REGION',
    'COVERED (UTC)',
    'DIGESTS',
    'SIGNED',
    'LOG FILES',
    'VERIFIED',
    'PENDING',
    'FINDINGS',
    'NOT CHECKED',
  ];
  const rows = places.map((place) => [
    place.account,
    place.region,
    place.from === undefined ? '-' : `${minute(place.from)} to ${minute(place.to ?? '')}`,
    place.digests,
    place.digestsSigned,
    place.logFiles,
    place.logFilesVerified,
    place.pending,
    place.findings.length,
    place.unchecked.length,
  ]);
  return textTable(columns, rows, view);
}

function followedSection({ places }: VerifyReport): string[] {
  const roots = new Map<string, number>();
  for (const { bucket, root, followed, unlisted } of places) {
    const name = `s3://${bucket}/${root}`;
    if (followed && !unlisted) roots.set(name, (roots.get(name) ?? 0) + 1);
  }
  if (roots.size === 0) return [];
  const lines = [...roots].map(([name, count]) =>
    displayText(`  - ${name}: ${counted(count, 'account and Region', 'accounts and Regions')}`),
  );
  return [
    ['Trails wrote to another place before; their digests and log files there are verified too:', ...lines].join('\n'),
  ];
}

/** A trail is in many Regions, and is retired once. */
function retiredSection({ places }: VerifyReport): string[] {
  const trails = new Map<string, { end: string; places: number }>();
  for (const { account, retired } of places) {
    for (const { trail, homeRegion, end } of retired) {
      const name = `${trail} (${homeRegion}) in account ${account}`;
      const known = trails.get(name);
      const newest = known === undefined || end > known.end ? end : known.end;
      trails.set(name, { end: newest, places: (known?.places ?? 0) + 1 });
    }
  }
  if (trails.size === 0) return [];
  const lines = [...trails].map(([name, retired]) =>
    displayText(`  - ${name}: last digest ${minute(retired.end)} UTC, ${counted(retired.places, 'Region')}`),
  );
  return [['Retired trails; other trails cover the time since:', ...lines].join('\n')];
}

function eventsLine({ events }: VerifyReport): string[] {
  if (events === undefined) return [];
  const { proven, unproven, elsewhere, provisional } = events;
  const others = [
    ...(unproven > 0 ? [`${unproven} of log files that are pending, could not be read, or are named below`] : []),
    ...(elsewhere > 0
      ? [`${elsewhere} of log files delivered at other times or to other buckets, which are not verified here`]
      : []),
    ...(provisional > 0 ? [`${provisional} provisional, which no log file has brought yet`] : []),
  ];
  return [`Events in the table: ${events.events}, ${proven} proven${others.map((other) => `, ${other}`).join('')}`];
}

function findingSections({ findings }: VerifyReport): string[] {
  return (Object.keys(EXPLANATIONS) as FindingKind[]).flatMap((kind) => {
    const those = findings.filter((finding) => finding.kind === kind);
    if (those.length === 0) return [];
    const { title, means, todo } = EXPLANATIONS[kind];
    const more =
      those.length > MOST_LINES ? [`  ... and ${those.length - MOST_LINES} more: --format json lists all`] : [];
    const lines = those.slice(0, MOST_LINES).flatMap(findingLines);
    return [
      [`${title} (${kind}): ${those.length}`, `  It means: ${means}.`, `  To do: ${todo}.`, ...lines, ...more].join(
        '\n',
      ),
    ];
  });
}

function findingLines(finding: Finding): string[] {
  const { account, region, bucket, key, digest, eventId, from, to, unverifiable, events, detail } = finding;
  const time = from === undefined ? [] : [`${minute(from)} to ${minute(to ?? from)}`];
  const object = key === undefined ? [] : [`s3://${bucket}/${key}`];
  const place = [...(eventId === undefined ? [] : [`event ${eventId}`]), ...object].join(' in ');
  const consequences = [
    ...(unverifiable ? [`cannot be verified because of this: ${counted(unverifiable, 'log file')}`] : []),
    ...(events ? [`not proven because of this: ${counted(events, 'event')} in the table`] : []),
    ...(digest === undefined || digest === key ? [] : [`digest: ${digest}`]),
  ];
  return [
    `  - ${[account, region, ...time, place].join(' ').trimEnd()}`,
    `    ${detail}`,
    ...consequences.map((line) => `    ${line}`),
  ].map(displayText);
}

function uncheckedSection({ unchecked }: VerifyReport): string[] {
  if (unchecked.length === 0) return [];
  const byReason = new Map<string, string[]>();
  for (const { place, reason } of unchecked) {
    // A reason that names its place would be a group of its own.
    const shared = reason.replace(`${place}: `, '');
    byReason.set(shared, [...(byReason.get(shared) ?? []), place]);
  }
  const lines = [...byReason].flatMap(([reason, places]) => [
    `  ${displayText(reason)}: ${places.length}`,
    ...places.slice(0, 5).map((place) => `  - ${displayText(place)}`),
  ]);
  return [['Not checked, because of errors; this says nothing about the trail:', ...lines].join('\n')];
}

function summary(report: VerifyReport): string {
  const { places, findings, unchecked } = report;
  const sum = (count: (place: VerifyReport['places'][number]) => number) =>
    places.reduce((all, place) => all + count(place), 0);
  const counts = `${sum((place) => place.digestsSigned)} digests and ${sum((place) => place.logFilesVerified)} log files are what CloudTrail delivered`;
  const pending = sum((place) => place.pending);
  const later =
    pending === 0 ? '' : `; ${pending} newer log files are pending: their digest comes within an hour or two`;
  if (isVerified(report)) return `Verified: ${counts}, and nothing is missing${later}.`;
  if (findings.length + unchecked.length === 0)
    return 'Nothing was verified: there are no digests in this time and place.';
  return `Not verified: ${counted(findings.length, 'finding')}, ${unchecked.length} not checked; ${counts}${later}.${notCovered(report)}`;
}

/** Times of which nothing is known. */
function notCovered({ unchecked }: VerifyReport): string {
  const lines = unchecked.flatMap(({ place, from, to }) =>
    to === undefined
      ? []
      : [`the time ${from === undefined ? '' : `from ${minute(from)} `}before ${minute(to)}, in ${place}`],
  );
  return lines.length === 0 ? '' : displayText(` Not covered: ${lines.join('; ')}.`);
}

const counted = (count: number, one: string, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

const minute = (time: string) => time.slice(0, 16).replace('T', ' ');
