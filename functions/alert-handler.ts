import middy from '@middy/core';
import type { Context, DynamoDBBatchResponse, AttributeValue as StreamValue } from 'aws-lambda';
import * as z from 'zod/mini';
import { readActivityDigest } from '../shared/alert/activity-digest.ts';
import { type Alerter, type Destinations, type FindingOutcome, publish, putFinding } from '../shared/alert/alerter.ts';
import { type Arrival, arrivalOf } from '../shared/alert/arrival.ts';
import { eventEntry, putOnBus } from '../shared/alert/bus.ts';
import { digestMessage } from '../shared/alert/digest-message.ts';
import { messageOf } from '../shared/alert/message.ts';
import { sendOnce } from '../shared/alert/once.ts';
import { sampleFinding } from '../shared/alert/sample-finding.ts';
import type { StateTable } from '../shared/alert/state-table.ts';
import { storedFindings } from '../shared/alert/stored-findings.ts';
import { DAY_MS, isoTime } from '../shared/cloudtrail/times.ts';
import type { TableNames } from '../shared/config.ts';
import type { RuleName } from '../shared/detect/rule.ts';
import { describeError, TrailError } from '../shared/errors.ts';
import { readVerificationFindings } from '../shared/query/verification.ts';
import { fromEventItem, type StoredEvent } from '../shared/store/event-item.ts';
import { findingKey } from '../shared/store/findings.ts';
import type { Item } from '../shared/store/item.ts';

/** Receives what happens: the function's log and metrics. Nothing holds record content. */
export interface AlertObserver {
  /** A new event was evaluated, and is on the bus. */
  event(arrival: Arrival): void;
  /** @param begunBy the event, or the key of what verification found */
  finding(rule: RuleName, begunBy: string, outcome: FindingOutcome): void;
  /** A change failed, and is delivered again, with all after it. @param place where in the stream */
  failed(place: string, error: unknown): void;
  /** The invocation is over. */
  end(): void;
}

export interface AlertDeps {
  alerter: Alerter;
  destinations: Destinations;
  table: StateTable;
  tables: TableNames;
  /** The clock, in milliseconds since 1970. */
  now(): number;
  sleep(milliseconds: number): Promise<unknown>;
}

/** With less time left, no event is begun. */
const LAST_START_MS = 15_000;

/** What `mwaa-trail alerts test` invokes the function with. */
const TestRequest = z.object({ test: z.literal('finding') });
/** What a schedule invokes the function with: to look for what verification found. */
const EvidenceRequest = z.object({ check: z.literal('verification') });
/** What a schedule invokes the function with: to send a digest of so many days. */
const DigestRequest = z.object({ digest: z.int().check(z.positive()) });
/** Findings of verification that are looked at, the newest. One run of the verify function rarely has more. */
const MAX_EVIDENCE = 200;

/**
 * The alert function, for batches of the events table's stream: it puts each new event on the bus, and sends what the rules find.
 * Returns the first change that failed: Lambda delivers it again, with all after it, which then finds done what was done.
 */
export function createAlertHandler(deps: AlertDeps, observer: AlertObserver) {
  const { alerter, destinations, table, tables, now, sleep } = deps;
  const query = { dynamo: table.dynamo, tables, now };
  const onceIn = (context: Partial<Context>) => ({
    ...{ table, now, sleep },
    remaining: () => (context.getRemainingTimeInMillis?.() ?? Number.POSITIVE_INFINITY) - LAST_START_MS,
  });

  const handleBatch = async (
    { Records }: z.output<typeof StreamBatch>,
    context: Partial<Context>,
  ): Promise<DynamoDBBatchResponse> => {
    const once = onceIn(context);
    const failed = new Set<number>();
    const fail = (index: number, error: unknown) => {
      failed.add(index);
      observer.failed(Records[index]!.dynamodb.SequenceNumber, error);
    };
    const events = Records.flatMap((record, index) => {
      try {
        const event = newEvent(record);
        return event === undefined ? [] : [{ index, event }];
      } catch (error) {
        fail(index, error);
        return [];
      }
    });
    // Windows and first times need fewer corrections in the order of time.
    for (const { index, event } of events.toSorted((a, b) => (a.event.timeKey < b.event.timeKey ? -1 : 1))) {
      try {
        if (once.remaining() < 0) throw new TrailError('out-of-time', 'an event: not begun');
        for (const { rule, outcome } of await alerter.evaluate(event, once))
          observer.finding(rule, event.eventId, outcome);
      } catch (error) {
        fail(index, error);
      }
    }
    const refused = await putOnBus(
      events.map(({ event }) => eventEntry(event)),
      destinations,
    );
    for (const [i, { index, event }] of events.entries()) {
      if (refused.has(i)) fail(index, refused.get(i));
      else if (!failed.has(index)) observer.event(arrivalOf(event));
    }
    const [first] = [...failed].sort((a, b) => a - b);
    return {
      batchItemFailures: first === undefined ? [] : [{ itemIdentifier: Records[first]!.dynamodb.SequenceNumber }],
    };
  };

  /** Sends what verification found. What fails is tried again with the next invocation. */
  const checkEvidence = async (context: Partial<Context>) => {
    const found = await readVerificationFindings(query, MAX_EVIDENCE);
    const failures: unknown[] = [];
    for (const one of found.toReversed()) {
      const name = findingKey(one);
      try {
        for (const { rule, outcome } of await alerter.evidence(one, onceIn(context)))
          observer.finding(rule, name, outcome);
      } catch (error) {
        observer.failed(name, error);
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new TrailError('not-sent', `findings of verification: ${failures.length} not sent`);
    return { checked: found.length };
  };

  /** Sends a digest of the last days to the topic, once. */
  const sendDigest = async (days: number, context: Partial<Context>) => {
    const today = Math.floor(now() / DAY_MS) * DAY_MS;
    const period = { since: isoTime(today - days * DAY_MS), until: isoTime(today) };
    const findings = storedFindings(table.name, 'on');
    const message = digestMessage(await readActivityDigest(period, findings, query), destinations.stack);
    const send = () => publish(message, destinations);
    return { digest: await sendOnce(`digest ${period.since} ${period.until}`, send, onceIn(context)) };
  };

  /** Sends a sample to the topic and the bus. */
  const sendSample = async () => {
    const finding = sampleFinding(now());
    await publish(messageOf(finding, destinations.stack), destinations);
    await putFinding(finding, destinations);
    return { sent: [destinations.topic, destinations.bus] };
  };

  return middy<unknown, DynamoDBBatchResponse | object, Error, Context>()
    .after(() => observer.end())
    .onError(({ error }) => {
      observer.end();
      // Lambda logs what is thrown, and an SDK error's message can echo the request.
      throw error instanceof TrailError ? error : new TrailError('alert-failed', describeError(error));
    })
    .handler(async (event: unknown, context: Context) => {
      if (TestRequest.safeParse(event).success) return sendSample();
      if (EvidenceRequest.safeParse(event).success) return checkEvidence(context);
      const digest = DigestRequest.safeParse(event);
      if (digest.success) return sendDigest(digest.data.digest, context);
      const batch = StreamBatch.safeParse(event);
      if (batch.success) return handleBatch(batch.data, context);
      throw new TrailError('not-a-stream', 'expected a batch of the stream of the events table');
    });
}

const StreamRecord = z.object({
  eventName: z.string(),
  dynamodb: z.object({
    SequenceNumber: z.string(),
    NewImage: z.optional(
      z.record(
        z.string(),
        z.custom<StreamValue>((value) => typeof value === 'object'),
      ),
    ),
  }),
});
/** https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html */
const StreamBatch = z.object({ Records: z.array(StreamRecord) });

/** Returns undefined if the change made no event: it replaced or deleted one. */
function newEvent({ eventName, dynamodb: { NewImage } }: z.output<typeof StreamRecord>): StoredEvent | undefined {
  if (eventName !== 'INSERT') return undefined;
  if (NewImage === undefined) throw new TrailError('not-a-stream', 'expected a stream with new images');
  return fromEventItem(
    Object.fromEntries(Object.entries(NewImage).map(([name, value]) => [name, fromStreamValue(value)])),
  );
}

/** In the events of Lambda, bytes are text in base64. */
function fromStreamValue({ B, M, L, ...others }: StreamValue): Item[string] {
  if (B !== undefined) return { B: Buffer.from(B, 'base64') };
  if (L !== undefined) return { L: L.map(fromStreamValue) };
  if (M === undefined) return others as Item[string];
  return { M: Object.fromEntries(Object.entries(M).map(([name, value]) => [name, fromStreamValue(value)])) };
}
