const RESTORE =
  'restore it from a version, a replica or a backup, and find out from CloudTrail and S3 access logs who did it';

/**
 * What can be wrong with the log files of a trail, its digests, or the events made from them: stable names, each with what it
 * means and what to do. An object that could not be read is no finding: that error says nothing about the trail.
 */
export const FINDINGS = {
  'log-file-modified': {
    title: 'Log files that were altered',
    means: 'the content is not what CloudTrail delivered',
    todo: RESTORE,
  },
  'log-file-missing': {
    title: 'Log files that are gone',
    means: 'a signed digest names them, but the bucket no longer has them',
    todo: RESTORE,
  },
  'log-file-moved': {
    title: 'Log files that are elsewhere',
    means: 'the content is right, the place is not: they were copied or moved',
    todo: 'move them back, or verify where CloudTrail delivered them',
  },
  'log-file-trailing-bytes': {
    title: 'Log files with bytes after their end',
    means: 'bytes follow the gzip stream, which most readers do not see',
    todo: RESTORE,
  },
  'log-file-unnamed': {
    title: 'Log files that CloudTrail did not deliver',
    means: 'no digest names them, and a trail that covers their time is there: their events may be forged',
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
    means: 'the digest or its signature was changed: it proves nothing',
    todo: RESTORE,
  },
  'digest-key-unknown': {
    title: 'Digests signed with an unknown key',
    means:
      'CloudTrail had no such key in that Region at that time: the digest is forged, or the public keys are incomplete',
    todo: 'with --public-keys, get the keys of that Region and time; otherwise as with a wrong signature',
  },
  'digest-malformed': {
    title: 'Objects that are not digests',
    means: 'the object cannot be read as a digest',
    todo: RESTORE,
  },
  'digest-moved': {
    title: 'Digests that are elsewhere',
    means: 'the signature is right, the place is not: the bucket is a copy, or they were moved',
    todo: 'move them back, or verify the bucket to which CloudTrail delivered them',
  },
  'digest-replaced': {
    title: 'Digests that were replaced',
    means: 'the digest is signed, but its successor names another hash or signature',
    todo: RESTORE,
  },
  'logging-gap': {
    title: 'Times without logging',
    means: 'logging or log file validation was off for a time: what happened then is not recorded, or cannot be proven',
    todo: 'look for StopLogging, UpdateTrail and DeleteTrail events around that time',
  },
  'digests-end': {
    title: 'Times after the last digest',
    means: 'no more digests came: logging or validation was switched off, or the newest digests were deleted',
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
  'event-never-delivered': {
    title: 'Events that were announced and never delivered',
    means:
      'EventBridge brought the event more than 24 hours ago, and no log file with it was ingested: nothing proves it',
    todo: 'look whether the log files of that time were delivered and ingested (coverage), and whether the trail logs such events',
  },
} as const satisfies Readonly<Record<string, { title: string; means: string; todo: string }>>;

export type FindingKind = keyof typeof FINDINGS;

export interface Finding {
  kind: FindingKind;
  account: string;
  region: string;
  /** The object that it is about, if any. */
  bucket?: string;
  key?: string;
  /** The key of the digest that says so. */
  digest?: string;
  /** CloudTrail's eventID, of an event. */
  eventId?: string;
  /** The time it is about; ISO 8601. */
  from?: string;
  to?: string;
  /** Log files that cannot be verified because of this. */
  unverifiable?: number;
  /** Events in the table that are not proven because of this. */
  events?: number;
  /** A sentence with what was found and what was expected; no record content. */
  detail: string;
}

const KINDS = Object.keys(FINDINGS);

/** Returns findings in the order of their kinds in `FINDINGS`, then of time, object and event. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  const ordered = findings.map((finding) => {
    const { kind, from = '', bucket = '', key = '', eventId = '' } = finding;
    return { finding, order: [String(KINDS.indexOf(kind)).padStart(2, '0'), from, bucket, key, eventId].join('\n') };
  });
  return ordered.sort((a, b) => (a.order < b.order ? -1 : 1)).map(({ finding }) => finding);
}
