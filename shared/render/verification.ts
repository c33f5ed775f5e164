import { FINDINGS, type Finding, type FindingKind } from '../integrity/finding.ts';
import type { BucketReport } from '../integrity/verify-bucket.ts';
import { counted, displayText } from './display.ts';
import { type LineColumn, lineTable } from './line-table.ts';
import type { View } from './view.ts';

/** Findings of a kind that are printed; JSON has all. */
const MOST_LINES = 100;

/** The report for people. */
export function verificationText(report: BucketReport, view: Pick<View, 'width' | 'colour'>): string {
  const sections = [
    lineTable(PLACE_COLUMNS, report.places, view),
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
export function verificationJson(report: BucketReport): string {
  const places = report.places.map(({ findings, unchecked: _, ...place }) => ({ ...place, findings: findings.length }));
  const { events, findings, unchecked } = report;
  return `${JSON.stringify({ verified: isVerified(report), places, events, findings, unchecked }, null, 2)}\n`;
}

/** Whether something was verified, nothing was wrong, and nothing could not be checked. */
export function isVerified({ places, findings, unchecked }: BucketReport): boolean {
  return findings.length === 0 && unchecked.length === 0 && places.some(({ digestsSigned }) => digestsSigned > 0);
}

type Place = BucketReport['places'][number];

const PLACE_COLUMNS: readonly LineColumn<Place>[] = [
  { heading: 'ACCOUNT', cellOf: ({ account }) => account },
  { heading: 'REGION', cellOf: ({ region }) => region },
  {
    heading: 'COVERED (UTC)',
    cellOf: ({ from, to = '' }) => (from === undefined ? '-' : `${minute(from)} to ${minute(to)}`),
  },
  { heading: 'DIGESTS', cellOf: ({ digests }) => digests },
  { heading: 'SIGNED', cellOf: ({ digestsSigned }) => digestsSigned },
  { heading: 'LOG FILES', cellOf: ({ logFiles }) => logFiles },
  { heading: 'VERIFIED', cellOf: ({ logFilesVerified }) => logFilesVerified },
  { heading: 'PENDING', cellOf: ({ pending }) => pending },
  { heading: 'FINDINGS', cellOf: ({ findings }) => findings.length },
  { heading: 'NOT CHECKED', cellOf: ({ unchecked }) => unchecked.length },
];

function followedSection({ places }: BucketReport): string[] {
  const followed = places.filter((place) => place.followed && !place.unlisted);
  if (followed.length === 0) return [];
  const byRoot = Map.groupBy(followed, ({ bucket, root }) => `s3://${bucket}/${root}`);
  const lines = [...byRoot].map(([name, { length }]) =>
    displayText(`  - ${name}: ${counted(length, 'account and Region', 'accounts and Regions')}`),
  );
  return [
    ['Trails wrote to another place before; their digests and log files there are verified too:', ...lines].join('\n'),
  ];
}

/** A trail is in many Regions, and is listed once. */
function retiredSection({ places }: BucketReport): string[] {
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

function eventsLine({ events }: BucketReport): string[] {
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

function findingSections({ findings }: BucketReport): string[] {
  return (Object.keys(FINDINGS) as FindingKind[]).flatMap((kind) => {
    const those = findings.filter((finding) => finding.kind === kind);
    if (those.length === 0) return [];
    const { title, means, todo } = FINDINGS[kind];
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

function uncheckedSection({ unchecked }: BucketReport): string[] {
  if (unchecked.length === 0) return [];
  // A reason that names its place would be a group of its own.
  const byReason = Map.groupBy(unchecked, ({ place, reason }) => reason.replace(`${place}: `, ''));
  const lines = [...byReason].flatMap(([reason, places]) => [
    `  ${displayText(reason)}: ${places.length}`,
    ...places.slice(0, 5).map(({ place }) => `  - ${displayText(place)}`),
  ]);
  return [['Not checked, because of errors; this says nothing about the trail:', ...lines].join('\n')];
}

function summary(report: BucketReport): string {
  const { places, findings, unchecked } = report;
  const sum = (count: (place: Place) => number) => places.reduce((all, place) => all + count(place), 0);
  const counts = `${sum((place) => place.digestsSigned)} digests and ${sum((place) => place.logFilesVerified)} log files are what CloudTrail delivered`;
  const pending = sum((place) => place.pending);
  const later =
    pending === 0 ? '' : `; ${pending} newer log files are pending: their digest comes within an hour or two`;
  if (isVerified(report)) return `Verified: ${counts}, and nothing is missing${later}.`;
  if (findings.length + unchecked.length === 0)
    return 'Nothing was verified: there are no digests of this bucket and period.';
  return `Not verified: ${counted(findings.length, 'finding')}, ${unchecked.length} not checked; ${counts}${later}.${notCovered(report)}`;
}

/** The times about which nothing is known. */
function notCovered({ unchecked }: BucketReport): string {
  const lines = unchecked.flatMap(({ place, from, to }) =>
    to === undefined
      ? []
      : [`the time ${from === undefined ? '' : `from ${minute(from)} `}before ${minute(to)}, in ${place}`],
  );
  return lines.length === 0 ? '' : displayText(` Not covered: ${lines.join('; ')}.`);
}

const minute = (time: string) => time.slice(0, 16).replace('T', ' ');
