/**
 * What can be wrong with the log files of a trail, its digests, or what was made of them; stable names. Anything that only
 * could not be looked at is not among these: that is an error, which says nothing about the trail.
 */
export type FindingKind =
  /** The content is not that of which the digest has the hash. */
  | 'log-file-modified'
  /** A digest names it, and there is no such object. */
  | 'log-file-missing'
  /** The content is elsewhere than the digest says. */
  | 'log-file-moved'
  /** Bytes follow the gzip stream. */
  | 'log-file-trailing-bytes'
  /** No digest names it, and one should. */
  | 'log-file-unnamed'
  /** CloudTrail delivered it, and the ledger does not say that it was ingested. */
  | 'log-file-not-ingested'
  /** What was ingested under its name has another hash. */
  | 'log-file-ingested-differently'
  /** One that must have been there: its successor names it, or an hour has none. */
  | 'digest-missing'
  | 'digest-signature-wrong'
  /** Signed with a key that is none of CloudTrail's. */
  | 'digest-key-unknown'
  /** No gzip, no JSON, or not a digest. */
  | 'digest-malformed'
  /** It says of itself that it is elsewhere. */
  | 'digest-moved'
  /** Signed, but not the one that its successor was signed upon. */
  | 'digest-replaced'
  /** A time between two digests that no digest covers: logging, or validation, was off. */
  | 'logging-gap'
  /** The digests end although time went on: logging, or validation, was switched off, or the newest were deleted. */
  | 'digests-end'
  /** Log files of a time of which there are no digests at all. */
  | 'not-covered'
  /** An event in the table that is not what a verified log file has. */
  | 'event-unproven';

export interface Finding {
  kind: FindingKind;
  account: string;
  region: string;
  /** Where: an object, unless it is about a time or an event. */
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
