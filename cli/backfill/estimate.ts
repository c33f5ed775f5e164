/** A sample of the log files. */
export interface Sample {
  files: number;
  /** Compressed. */
  bytes: number;
  records: number;
  events: number;
  /** Write units of these events in the events table, its indexes included. */
  writeUnits: number;
  /** Files that could not be read, or are invalid. */
  unreadable: number;
}

/** What a backfill would do. */
export interface Work {
  files: number;
  bytes: number;
  /** Requests to list them. */
  listingRequests: number;
}

export interface Estimate {
  lines: { item: string; arithmetic: string; dollars: number }[];
  dollars: number;
  /** How the number of events was estimated. */
  basis: string;
  events: number;
}

/**
 * Dollars for a million. US East (N. Virginia), on demand, as of 2026; other Regions differ, and prices change.
 * https://aws.amazon.com/s3/pricing/ https://aws.amazon.com/dynamodb/pricing/on-demand/ https://aws.amazon.com/sqs/pricing/
 */
const PRICES = { list: 5, get: 0.4, writeUnit: 0.625, queueRequest: 0.4 };

/** A ledger entry is below 1 KB, and its index by day holds all of it. */
const LEDGER_WRITE_UNITS = 2;
/** If nothing can be sampled: 1 % of the records are from MWAA, and a record has 150 bytes compressed. */
const ASSUMED = { eventsPerByte: 0.01 / 150, writeUnitsPerEvent: 10 };
/** A message is sent and received in batches, and deleted. */
const REQUESTS_PER_MESSAGE = 0.3;

/**
 * What a backfill would cost.
 * @param sample if empty, the share of MWAA's records is assumed
 * @param by whether S3 and a queue are used; the time of the function is not estimated
 */
export function estimateCost(work: Work, sample: Sample, by: { s3: boolean; queue: boolean }): Estimate {
  const { files, bytes, listingRequests } = work;
  const eventsPerByte = sample.bytes > 0 ? sample.events / sample.bytes : ASSUMED.eventsPerByte;
  const unitsPerEvent = sample.events > 0 ? sample.writeUnits / sample.events : ASSUMED.writeUnitsPerEvent;
  const events = Math.round(bytes * eventsPerByte);
  const lines = [
    ...(by.s3
      ? [line('S3 LIST', PRICES.list, { requests: listingRequests }), line('S3 GET', PRICES.get, { files })]
      : []),
    line('DynamoDB writes: events', PRICES.writeUnit, { events, units: unitsPerEvent }),
    line('DynamoDB writes: ledger', PRICES.writeUnit, { files, units: LEDGER_WRITE_UNITS }),
    ...(by.queue ? [line('SQS', PRICES.queueRequest, { messages: files, requests: REQUESTS_PER_MESSAGE })] : []),
  ];
  return { lines, dollars: lines.reduce((sum, { dollars }) => sum + dollars, 0), basis: basisOf(sample), events };
}

/** @param factors by what they count */
function line(item: string, millionDollars: number, factors: Readonly<Record<string, number>>): Estimate['lines'][0] {
  const amounts = Object.entries(factors).map(([unit, amount]) => `${number(amount)} ${unit}`);
  return {
    item,
    arithmetic: [...amounts, `$${millionDollars} / 1,000,000`].join(' x '),
    dollars: (Object.values(factors).reduce((product, amount) => product * amount, 1) * millionDollars) / 1_000_000,
  };
}

function basisOf({ files, bytes, records, events, unreadable }: Sample): string {
  if (bytes === 0) {
    const { eventsPerByte, writeUnitsPerEvent } = ASSUMED;
    return `assumed, nothing could be sampled: ${number(eventsPerByte * 1e6)} events a compressed MB, ${writeUnitsPerEvent} write units each`;
  }
  const share = records === 0 ? 0 : (100 * events) / records;
  return (
    `sampled: ${number(files)} files (${number(bytes / 1e6)} MB) hold ${number(events)} events among ${number(records)} records ` +
    `(${number(share)} %)${events === 0 ? '; rare events may be missing from the sample' : ''}` +
    (unreadable === 0 ? '' : `; ${unreadable} more could not be read`)
  );
}

const number = (amount: number) => amount.toLocaleString('en-US', { maximumFractionDigits: amount < 10 ? 2 : 1 });
