import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import { Detector, type Verdict } from '../detect/detector.ts';
import { isAtLeast, type Level } from '../detect/level.ts';
import type { Rule } from '../detect/rule.ts';
import type { StoredEvent } from '../store/event-item.ts';
import { type AlertedFinding, alertedFinding } from './alerted-finding.ts';
import { arrivalOf } from './arrival.ts';
import { type BusDeps, findingEntry, putOnBus } from './bus.ts';
import { messageOf } from './message.ts';
import { type OnceDeps, sendOnce } from './once.ts';
import { countRepeats, noteSent, storeFinding } from './stored-findings.ts';
import type { TableState } from './table-state.ts';

/** Where findings go. */
export interface Destinations extends BusDeps {
  sns: SNSClient;
  /** ARN. */
  topic: string;
  /** The least level that is sent to the topic; the bus gets all. */
  level: Level;
  /** Whose commands messages name. */
  stack: string;
}

/** What became of a finding: `repeated`: it is more of one that was sent before; `sent-before`: its event was delivered again. */
export type FindingOutcome = 'sent' | 'sent-before' | 'repeated';

/** Evaluates rules over new events, and sends what they find. */
export class Alerter {
  private readonly detector: Detector;
  private readonly destinations: Destinations;

  constructor(rules: readonly Rule[], state: TableState, destinations: Destinations) {
    this.detector = new Detector(rules, state);
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
    const identity = { ruleId: rule.id, began };
    if (began.eventId !== event.eventId) {
      await countRepeats(once.table, identity, events, event.expiresAt);
      return 'repeated';
    }
    const finding = alertedFinding(event, verdict);
    const isForPeople = isAtLeast(rule.level, this.destinations.level);
    const delivery = isForPeople ? 'pending' : 'below-level';
    await storeFinding(once.table, identity, { finding, events, delivery, expiresAt: event.expiresAt });
    const name = JSON.stringify([rule.id, event.eventId]);
    const outcomes: FindingOutcome[] = [];
    if (isForPeople) {
      outcomes.push(await sendOnce(`topic ${name}`, () => publish(finding, this.destinations), once));
      await noteSent(once.table, identity);
    }
    outcomes.push(await sendOnce(`bus ${name}`, () => putFinding(finding, this.destinations), once));
    return outcomes.includes('sent') ? 'sent' : 'sent-before';
  }
}

/** @throws if EventBridge does not take it */
export async function putFinding(finding: AlertedFinding, destinations: BusDeps): Promise<void> {
  const failed = await putOnBus([findingEntry(finding)], destinations);
  if (failed.size > 0) throw failed.get(0);
}

/** Publishes a finding to the topic. */
export async function publish(finding: AlertedFinding, { sns, topic, stack }: Destinations): Promise<void> {
  const { subject, bodies, attributes } = messageOf(finding, stack);
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
