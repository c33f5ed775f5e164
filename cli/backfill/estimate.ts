/** What reading some of the log files showed. */
export interface Sample {
  files: number;
  /** Compressed. */
  bytes: number;
  records: number;
  events: number;
  /** Write units of these events in the events table, its indexes included. */
  writeUnits: number;
  /** Files that could not be read, or are bad. */
  unreadable: number;
}

/** What a backfill would do. */
export interface Work {
  files: number;
  bytes: number;
  /** Listings it takes to find them. */
  listingRequests: number;
}

export interface EstimateLine {
  item: string;
  /** How the amount comes about. */
  arithmetic: string;
  dollars: number;
}

export interface Estimate {
  lines: EstimateLine[];
  dollars: number;
  /** What the number of events rests on. */
  basis: string;
  events: number;
}

/**
 * Dollars for a million. US East (N. Virginia), on demand, as of 2026; other Regions differ, and prices change.
 * https://aws.amazon.com/s3/pricing/ https://aws.amazon.com/dynamodb/pricing/on-demand/ https://aws.amazon.com/sqs/pricing/
 */
const PRICES = { list: 5, get: 0.4, writeUnit: 0.625, queueRequest: 0.4 };

/** An entry of the ledger is below 1 KB, and its index by day holds all of it. */
const LEDGER_WRITE_UNITS = 2;
/** Where nothing can be sampled: 1 % of the records is of MWAA, and a record has 150 bytes compressed. */
const ASSUMED = { eventsPerByte: 0.01 / 150, writeUnitsPerEvent: 8 };
/** A message is sent and received in batches, and deleted. */
const REQUESTS_PER_MESSAGE = 0.3;

/**
 * What a backfill would cost.
 * @param sample absent, or empty: a share of MWAA's records is assumed
 * @param by the services that it takes: S3 for the files, a queue for the function, whose own time is not estimated
 */
export function estimateCost(work: Work, sample: Sample | undefined, by: { s3: boolean; queue: boolean }): Estimate {
  const sampled = sample && sample.bytes > 0 ? sample : undefined;
  const events = Math.round(work.bytes * (sampled ? sampled.events / sampled.bytes : ASSUMED.eventsPerByte));
  const unitsPerEvent =
    sampled && sampled.events > 0 ? sampled.writeUnits / sampled.events : ASSUMED.writeUnitsPerEvent;
  const lines = [
    ...(by.s3
      ? [
          line('S3 LIST', [[work.listingRequests, 'requests']], PRICES.list),
          line('S3 GET', [[work.files, 'files']], PRICES.get),
        ]
      : []),
    line(
      'DynamoDB writes: events',
      [
        [events, 'events'],
        [unitsPerEvent, 'units'],
      ],
      PRICES.writeUnit,
    ),
    line(
      'DynamoDB writes: ledger',
      [
        [work.files, 'files'],
        [LEDGER_WRITE_UNITS, 'units'],
      ],
      PRICES.writeUnit,
    ),
    ...(by.queue
      ? [
          line(
            'SQS',
            [
              [work.files, 'messages'],
              [REQUESTS_PER_MESSAGE, 'requests'],
            ],
            PRICES.queueRequest,
          ),
        ]
      : []),
  ];
  return { lines, dollars: lines.reduce((sum, { dollars }) => sum + dollars, 0), basis: basisOf(sampled), events };
}

function line(item: string, factors: [number, string][], millionDollars: number): EstimateLine {
  const amounts = factors.map(([amount, unit]) => `${number(amount)} ${unit}`);
  return {
    item,
    arithmetic: [...amounts, `$${millionDollars} / 1,000,000`].join(' x '),
    dollars: (factors.reduce((product, [amount]) => product * amount, 1) * millionDollars) / 1_000_000,
  };
}

function basisOf(sample: Sample | undefined): string {
  if (!sample) {
    const { eventsPerByte, writeUnitsPerEvent } = ASSUMED;
    return `assumed, nothing could be sampled: ${number(eventsPerByte * 1e6)} events a compressed MB, ${writeUnitsPerEvent} write units each`;
  }
  const { files, bytes, records, events, unreadable } = sample;
  const share = records === 0 ? 0 : (100 * events) / records;
  return (
    `sampled: ${number(files)} files (${number(bytes / 1e6)} MB) hold ${number(events)} events among ${number(records)} records ` +
    `(${number(share)} %)${events === 0 ? '; what is rare may be in none of them' : ''}` +
    (unreadable === 0 ? '' : `; ${unreadable} more could not be read`)
  );
}

const number = (amount: number) => amount.toLocaleString('en-US', { maximumFractionDigits: amount < 10 ? 2 : 1 });
