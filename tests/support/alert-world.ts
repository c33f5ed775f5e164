import { setTimeout } from 'node:timers/promises';
import { type AttributeValue, CreateTableCommand, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SNSClient } from '@aws-sdk/client-sns';
import { expect } from '@jest/globals';
import type { Context, DynamoDBBatchResponse } from 'aws-lambda';
import { type AlertObserver, createAlertHandler } from '../../functions/alert-handler.ts';
import { LOCAL_CLIENT } from '../../local/local-names.ts';
import { stateTableDefinition } from '../../local/table-definitions.ts';
import { Alerter } from '../../shared/alert/alerter.ts';
import { answerFindings } from '../../shared/alert/find-findings.ts';
import { ALERT_LIMITS } from '../../shared/alert/once.ts';
import type { SeenFinding } from '../../shared/alert/seen-finding.ts';
import { storedFindings } from '../../shared/alert/stored-findings.ts';
import { TableState } from '../../shared/alert/table-state.ts';
import { createDynamoClient } from '../../shared/aws/dynamodb.ts';
import { clientSettings } from '../../shared/aws/settings.ts';
import type { Level } from '../../shared/detect/level.ts';
import { readRules } from '../../shared/detect/read-rules.ts';
import type { Rule } from '../../shared/detect/rule.ts';
import { type Item, text } from '../../shared/store/item.ts';
import { getItem } from '../../shared/store/read-items.ts';
import { EventStore, type TestEvent } from './event-store.ts';
import { type AwsError, type FakeAws, type Input, startFakeAws } from './fake-aws.ts';

/** What a topic was given. */
export interface Published {
  at: number;
  subject: string;
  bodies: Record<string, string>;
  attributes: Record<string, string>;
}

/** What the bus was given. */
export interface PutEvent {
  at: number;
  type: string;
  bus: string;
  detail: Record<string, unknown>;
}

/** A change, as Lambda delivers it: https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html */
export interface StreamRecord {
  eventID: string;
  eventName: string;
  eventSource: string;
  dynamodb: { SequenceNumber: string; Keys: object; NewImage?: object; StreamViewType: string };
}

/** Where a process ends: at its n-th request, before or after the service did what it asks. */
export interface Kill {
  request: number;
  moment: 'before' | 'after';
}

const TEST_RULES = `
title: Environment Updated
id: updated
level: high
logsource: {product: aws, service: cloudtrail}
description: Somebody updated an environment.
falsepositives: [Deployments]
tags: [attack.t1578]
detection:
  selection: {eventName: UpdateEnvironment}
  condition: selection
x-mwaa-trail: {suppress: 1s}
---
title: First Token
id: first-token
level: medium
logsource: {product: aws, service: cloudtrail}
detection:
  selection: {eventName: CreateCliToken}
  condition: selection
x-mwaa-trail: {first-seen: {fields: [mwaa.environment, mwaa.user], history: 90d}}
---
title: Denied
id: denied
name: denied
level: low
logsource: {product: aws, service: cloudtrail}
detection:
  selection: {errorCode: AccessDenied}
  condition: selection
---
title: Many Denials
id: many-denials
level: medium
correlation:
  type: event_count
  rules: [denied]
  group-by: [mwaa.user]
  timespan: 10m
  condition: {gte: 3}
---
title: Read
id: read
level: low
logsource: {product: aws, service: cloudtrail}
detection:
  selection: {eventName: GetEnvironment}
  condition: selection
`;

const testRules = (): readonly Rule[] =>
  readRules([{ files: [{ path: 'test.yml', text: TEST_RULES }], lists: undefined }]).rules;

export const ALERT_NOW = Date.parse('2026-11-20T00:00:00Z');
export const STACK = 'mwaa-trail-test';
export const TOPIC_ARN = 'arn:aws:sns:eu-west-1:111122223333:alerts';

/** The alert function on tables of its own, a fake topic and a fake bus, with a clock that stands still until somebody waits. */
export class AlertWorld {
  readonly clock: { now: number };
  /** Invocations that do not sleep. */
  private working = 0;
  readonly published: Published[] = [];
  readonly onBus: PutEvent[] = [];
  readonly failures: string[] = [];
  readonly outcomes: string[] = [];
  /** Requests of all processes. */
  requests = 0;
  /** Decides about requests to the topic and the bus. */
  refuse: (operation: 'Publish' | 'PutEvents', entry: number) => AwsError | undefined = () => undefined;
  readonly store: EventStore;
  private readonly aws: FakeAws;
  readonly stateTable: string;
  private readonly rules: readonly Rule[];
  private sequence = 100;

  static async start(rules = testRules()): Promise<AlertWorld> {
    const clock = { now: ALERT_NOW };
    const [store, aws] = await Promise.all([EventStore.start(clock), startFakeAws()]);
    const world = new AlertWorld(store, aws, clock, rules);
    const { TimeToLiveSpecification: _, ...definition } = stateTableDefinition(world.stateTable);
    await store.deps.dynamo.send(new CreateTableCommand(definition));
    const waiting = { client: store.deps.dynamo, maxWaitTime: 60, minDelay: 0.01, maxDelay: 1 };
    await waitUntilTableExists(waiting, { TableName: world.stateTable });
    return world;
  }

  private constructor(store: EventStore, aws: FakeAws, clock: { now: number }, rules: readonly Rule[]) {
    this.store = store;
    this.aws = aws;
    this.clock = clock;
    this.rules = rules;
    this.stateTable = store.tables.eventsTable.replace(/events$/, 'alert-state');
    aws.become({
      'sns:Publish': (input) => this.refuse('Publish', 0) ?? this.publish(input),
      'events:PutEvents': (input) => this.putEvents(input),
    });
  }

  private publish(input: Input): object {
    const attributes: Record<string, string> = {};
    for (let i = 1; input[`MessageAttributes.entry.${i}.Name`] !== undefined; i += 1) {
      const name = String(input[`MessageAttributes.entry.${i}.Name`]);
      attributes[name] = String(input[`MessageAttributes.entry.${i}.Value.StringValue`]);
    }
    const bodies = JSON.parse(String(input.Message)) as Record<string, string>;
    this.published.push({ at: this.clock.now, subject: String(input.Subject), bodies, attributes });
    return { MessageId: `${this.published.length}` };
  }

  private putEvents({ Entries }: Input): object {
    const refused = this.refuse('PutEvents', -1);
    if (refused) return refused;
    const entries = Entries as { DetailType: string; Detail: string; EventBusName: string }[];
    const results = entries.map(({ DetailType, Detail, EventBusName }, i) => {
      const error = this.refuse('PutEvents', i);
      if (error) return { ErrorCode: error.code, ErrorMessage: error.code };
      const detail = JSON.parse(Detail) as Record<string, unknown>;
      this.onBus.push({ at: this.clock.now, type: DetailType, bus: EventBusName, detail });
      return { EventId: `${this.onBus.length}` };
    });
    return { FailedEntryCount: results.filter((result) => 'ErrorCode' in result).length, Entries: results };
  }

  /** Stores events, and returns the changes that the stream has of them. */
  async add(...events: TestEvent[]): Promise<StreamRecord[]> {
    await this.store.add(...events);
    return Promise.all(events.map(({ id }) => this.recordOf(id)));
  }

  /** The change with which an item was inserted. @param changes to the item */
  async recordOf(eventId: string, changes: Item = {}): Promise<StreamRecord> {
    const key = { eventId: text(eventId) };
    const item = await getItem(this.store.deps.dynamo, this.store.tables.eventsTable, key);
    this.sequence += 1;
    return {
      eventID: `change-${this.sequence}`,
      eventName: 'INSERT',
      eventSource: 'aws:dynamodb',
      dynamodb: {
        SequenceNumber: `${this.sequence}00000000000000000000`,
        Keys: key,
        NewImage: asInStream({ M: { ...item, ...changes } }).M as object,
        StreamViewType: 'NEW_IMAGE',
      },
    };
  }

  /**
   * Runs the function in a new process.
   * @param kill it: then this and all later requests fail, and there is no answer
   */
  async run(
    records: readonly unknown[],
    { kill, level = 'informational', remaining = 120_000 }: { kill?: Kill; level?: Level; remaining?: number } = {},
  ): Promise<string[] | 'killed'> {
    const answer = await this.invoke({ Records: records }, { kill, level, remaining });
    if (answer === 'killed') return answer;
    return (answer as DynamoDBBatchResponse).batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  }

  async invoke(
    event: unknown,
    {
      kill,
      level = 'informational',
      remaining = 120_000,
    }: { kill?: Kill | undefined; level?: Level; remaining?: number } = {},
  ): Promise<unknown> {
    const life = { requests: 0, isOver: false };
    const mortal = <Client extends { middlewareStack: { add(middleware: never, options: object): void } }>(
      client: Client,
    ) => {
      const middleware = (next: (args: unknown) => Promise<unknown>) => async (args: unknown) => {
        life.requests += 1;
        this.requests += 1;
        const isHere = life.requests === kill?.request;
        if (isHere && kill.moment === 'after') await next(args);
        if (isHere) life.isOver = true;
        if (life.isOver) throw new Error('killed');
        return next(args);
      };
      client.middlewareStack.add(middleware as never, { step: 'initialize' });
      return client;
    };
    const toFake = { ...LOCAL_CLIENT, ...clientSettings(ALERT_LIMITS), endpoint: this.aws.endpoint, maxAttempts: 1 };
    const dynamo = mortal(createDynamoClient({ ...LOCAL_CLIENT, endpoint: this.store.endpoint }));
    const [sns, events] = [mortal(new SNSClient(toFake)), mortal(new EventBridgeClient(toFake))];
    const clock = {
      now: () => this.clock.now,
      // Time passes only while nobody works: a request of another invocation takes none.
      sleep: async (milliseconds: number) => {
        if (life.isOver) throw new Error('killed');
        this.working -= 1;
        while (this.working > 0) await setTimeout(1);
        this.clock.now += milliseconds;
        this.working += 1;
      },
    };
    const table = { dynamo, name: this.stateTable };
    const destinations = { sns, events, topic: TOPIC_ARN, bus: 'bus', stack: STACK, level, sleep: clock.sleep };
    const state = new TableState(table, { ...this.store.deps, dynamo, now: clock.now });
    const alerter = new Alerter(this.rules, state, destinations);
    const observer: AlertObserver = {
      event: () => {},
      finding: ({ id }, eventId, outcome) => this.outcomes.push(`${id} ${eventId} ${outcome}`),
      failed: (place, error) => this.failures.push(`${place} ${error}`),
      end: () => {},
    };
    const handler = createAlertHandler({ alerter, destinations, table, tables: this.store.tables, ...clock }, observer);
    this.working += 1;
    try {
      const answer = await handler(event, { getRemainingTimeInMillis: () => remaining } as Context);
      return life.isOver ? 'killed' : answer;
    } catch (error) {
      if (life.isOver) return 'killed';
      throw error;
    } finally {
      this.working -= 1;
      for (const client of [dynamo, sns, events]) client.destroy();
    }
  }

  /** What is stored of findings, the newest first. */
  async findings(): Promise<SeenFinding[]> {
    const criteria = { level: 'informational', rule: undefined, event: undefined } as const;
    const source = storedFindings(this.stateTable, 'on');
    const deps = { ...this.store.deps, now: () => this.clock.now };
    const { findings, cursor } = await answerFindings({ criteria, limit: 100, cursor: undefined }, source, deps);
    expect(cursor).toBeUndefined();
    return findings;
  }

  async stop(): Promise<void> {
    this.store.stop();
    await this.aws.stop();
  }
}

/** Lambda writes bytes in base64. */
function asInStream({ B, L, M, ...others }: AttributeValue): Record<string, unknown> {
  if (B !== undefined) return { B: Buffer.from(B).toString('base64') };
  if (L !== undefined) return { L: L.map(asInStream) };
  if (M === undefined) return others;
  return { M: Object.fromEntries(Object.entries(M).map(([name, value]) => [name, asInStream(value)])) };
}
