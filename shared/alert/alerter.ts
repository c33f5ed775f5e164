import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import { DAY_MS, HOUR_MS } from '../cloudtrail/times.ts';
import { Detector, type Verdict } from '../detect/detector.ts';
import { isAtLeast, type Level } from '../detect/level.ts';
import type { Rule, RuleName } from '../detect/rule.ts';
import type { VerificationFinding } from '../query/verification.ts';
import type { StoredEvent } from '../store/event-item.ts';
import { findingKey } from '../store/findings.ts';
import { alertedEvidence, alertedFinding, type SentFinding } from './alerted-finding.ts';
import { arrivalOf } from './arrival.ts';
import { type BusDeps, findingEntry, putOnBus } from './bus.ts';
import { type AlertMessage, messageOf } from './message.ts';
import { type OnceDeps, sendOnce } from './once.ts';
import { type BegunFinding, countRepeats, noteSent, storeFinding } from './stored-findings.ts';
import type { TableState } from './table-state.ts';

/** Where findings go. */
export interface Destinations extends BusDeps {
  sns: SNSClient;
  /** ARN. */
  topic: string;
  /** The least level that is sent to the topic; the bus gets all. */
  level: Level;
  /** The stack that the commands in messages name. */
  stack: string;
}

/** What became of a finding: `repeated`: it is more of one that was sent before; `sent-before`: its event was delivered again. */
export type FindingOutcome = 'sent' | 'sent-before' | 'repeated';

/** Evaluates rules over new events, and sends what they find. */
export class Alerter {
  private readonly detector: Detector;
  private readonly state: TableState;
  private readonly destinations: Destinations;

  constructor(rules: readonly Rule[], state: TableState, destinations: Destinations) {
    this.detector = new Detector(rules, state);
    this.state = state;
    this.destinations = destinations;
  }

  /**
   * Evaluates the rules for an event, stores each finding that began with it and sends it, and counts it where it is more of one.
   * May be repeated for the same event: then only what was not done yet is done. Events that are not new lead to nothing.
   */
  async evaluate(event: StoredEvent, once: OnceDeps): Promise<{ rule: Rule; outcome: FindingOutcome }[]> {
    if (arrivalOf(event) !== 'live') return [];
    const outcomes: { rule: Rule; outcome: FindingOutcome }[] = [];
    for (const verdict of await this.detector.evaluate(event)) {
      if (verdict.kind === 'quiet') continue;
      outcomes.push({ rule: verdict.rule, outcome: await this.found(event, verdict, once) });
    }
    return outcomes;
  }

  private async found(
    event: StoredEvent,
    verdict: Verdict & { kind: 'finding' },
    once: OnceDeps,
  ): Promise<FindingOutcome> {
    const { rule, began, events } = verdict;
    const { eventId, expiresAt } = event;
    if (began.eventId === eventId)
      return this.send({ finding: alertedFinding(event, verdict), began, events, expiresAt }, once);
    await countRepeats(once.table, { ruleId: rule.id, began }, events, expiresAt);
    return 'repeated';
  }

  /**
   * Sends what verification found, as `evaluate` does: of one kind, account and Region, once an hour. Findings of more than a day
   * ago, and those that do not hold any more, are left to `mwaa-trail detect`.
   */
  async evidence(found: VerificationFinding, once: OnceDeps): Promise<{ rule: RuleName; outcome: FindingOutcome }[]> {
    const time = Date.parse(found.firstSeen);
    if (found.resolvedAt !== undefined || once.now() - time > DAY_MS) return [];
    const finding = alertedEvidence(found);
    const { rule } = finding;
    const itself = { time, eventId: findingKey(found), environment: undefined };
    const about = JSON.stringify([rule.id, found.kind, found.account, found.region]);
    const began = await this.state.open(about, itself, HOUR_MS);
    if (began.eventId === itself.eventId)
      return [{ rule, outcome: await this.send({ finding, began, events: [], expiresAt: undefined }, once) }];
    await countRepeats(once.table, { ruleId: rule.id, began }, [itself], undefined);
    return [{ rule, outcome: 'repeated' }];
  }

  /** Stores a finding, and sends it. */
  private async send(begun: BegunFinding, once: OnceDeps): Promise<'sent' | 'sent-before'> {
    const { finding, began } = begun;
    const sent: SentFinding = { ...finding, test: false };
    const identity = { ruleId: finding.rule.id, began };
    const isForPeople = isAtLeast(finding.rule.level, this.destinations.level);
    await storeFinding(once.table, begun, isForPeople ? 'pending' : 'below-level');
    const name = JSON.stringify([finding.rule.id, began.eventId]);
    const outcomes: FindingOutcome[] = [];
    if (isForPeople) {
      const message = () => publish(messageOf(sent, this.destinations.stack), this.destinations);
      outcomes.push(await sendOnce(`topic ${name}`, message, once));
      await noteSent(once.table, identity);
    }
    outcomes.push(await sendOnce(`bus ${name}`, () => putFinding(sent, this.destinations), once));
    return outcomes.includes('sent') ? 'sent' : 'sent-before';
  }
}

/** @throws if EventBridge does not take it */
export async function putFinding(finding: SentFinding, destinations: BusDeps): Promise<void> {
  const failed = await putOnBus([findingEntry(finding)], destinations);
  if (failed.size > 0) throw failed.get(0);
}

/** Publishes a message to the topic. */
export async function publish(
  { subject, bodies, attributes }: AlertMessage,
  { sns, topic }: Pick<Destinations, 'sns' | 'topic'>,
): Promise<void> {
  await sns.send(
    new PublishCommand({
      TopicArn: topic,
      Subject: subject,
      MessageStructure: 'json',
      Message: JSON.stringify(bodies),
      MessageAttributes: Object.fromEntries(
        Object.entries(attributes).map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
      ),
    }),
  );
}
