import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import { DAY_MS, HOUR_MS } from '../cloudtrail/times.ts';
import { Detector } from '../detect/detector.ts';
import { isAtLeast, type Level, type Rule, type RuleName } from '../detect/rule.ts';
import type { VerificationFinding } from '../query/verification.ts';
import type { StoredEvent } from '../store/event-item.ts';
import { findingKey } from '../store/findings.ts';
import { type AlertedFinding, alertedEvidence, alertedFinding } from './alerted-finding.ts';
import { arrivalOf } from './arrival.ts';
import { type BusDeps, findingEntry, putOnBus } from './bus.ts';
import { type AlertMessage, messageOf } from './message.ts';
import { type OnceDeps, sendOnce } from './once.ts';
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
  private readonly state: TableState;
  private readonly destinations: Destinations;

  constructor(rules: readonly Rule[], state: TableState, destinations: Destinations) {
    this.detector = new Detector(rules, state);
    this.state = state;
    this.destinations = destinations;
  }

  /**
   * Evaluates the rules for an event, and sends each finding that began with it. May be repeated for the same event: then only
   * what was not sent yet is sent. Events that are not new lead to nothing.
   */
  async evaluate(event: StoredEvent, once: OnceDeps): Promise<{ rule: Rule; outcome: FindingOutcome }[]> {
    if (arrivalOf(event) !== 'live') return [];
    const outcomes: { rule: Rule; outcome: FindingOutcome }[] = [];
    for (const verdict of await this.detector.evaluate(event)) {
      const { rule } = verdict;
      if (verdict.kind === 'quiet') continue;
      if (verdict.begunBy !== event.eventId) outcomes.push({ rule, outcome: 'repeated' });
      else outcomes.push({ rule, outcome: await this.send(alertedFinding(event, verdict), event.eventId, once) });
    }
    return outcomes;
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
    const name = findingKey(found);
    const about = JSON.stringify([rule.id, found.kind, found.account, found.region]);
    const begun = await this.state.open(about, { time, eventId: name }, HOUR_MS);
    const isMore = begun.eventId !== name;
    return [{ rule, outcome: isMore ? 'repeated' : await this.send(finding, name, once) }];
  }

  /** @param begunBy with the rule it identifies the finding */
  private async send(finding: AlertedFinding, begunBy: string, once: OnceDeps): Promise<'sent' | 'sent-before'> {
    const name = JSON.stringify([finding.rule.id, begunBy]);
    const outcomes = [
      isAtLeast(finding.rule.level, this.destinations.level)
        ? await sendOnce(
            `topic ${name}`,
            () => publish(messageOf(finding, this.destinations.stack), this.destinations),
            once,
          )
        : 'sent-before',
      await sendOnce(`bus ${name}`, () => putFinding(finding, this.destinations), once),
    ];
    return outcomes.includes('sent') ? 'sent' : 'sent-before';
  }
}

/** @throws if EventBridge does not take it */
export async function putFinding(finding: AlertedFinding, destinations: BusDeps): Promise<void> {
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
