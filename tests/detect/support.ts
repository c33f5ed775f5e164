import { toAuditEvent } from '../../shared/audit-event/to-audit-event.ts';
import { Detector, type Verdict } from '../../shared/detect/detector.ts';
import { type DetectableEvent, EventFields } from '../../shared/detect/fields.ts';
import { RuleErrors, type RuleFolder, readRules } from '../../shared/detect/read-rules.ts';
import { detectionMatches, type Rule } from '../../shared/detect/rule.ts';
import { MemoryState } from '../../shared/detect/state.ts';
import { mwaaRecord } from '../support/mwaa-record.ts';

/** The event of a record: `mwaaRecord` with these members. */
export function eventOf(members: object = {}, id = 'e'): DetectableEvent {
  const text = JSON.stringify(mwaaRecord(id, members));
  const read = toAuditEvent(text, { provisional: true, keyAccount: undefined, now: Date.parse('2027-01-01') });
  if (read.kind !== 'event') throw new Error('expected an event');
  return read.event;
}

const HEAD = 'title: A rule\nlogsource:\n    product: aws\n    service: cloudtrail\n';

/** A folder with one file. */
export const folderOf = (text: string, lists?: string): RuleFolder => ({
  files: [{ path: 'x.yml', text }],
  lists: lists === undefined ? undefined : { path: 'lists.yml', text: lists },
});

/** The file of a rule with this detection, as YAML below `detection:`. */
export function ruleText(detection: string): string {
  const lines = detection.trim().split('\n');
  return `${HEAD}detection:\n${lines.map((line) => `    ${line}\n`).join('')}`;
}

/** The file of a rule with one search identifier. JSON is YAML. */
export const selectionText = (selection: unknown): string =>
  ruleText(`selection: ${JSON.stringify(selection)}\ncondition: selection`);

/** Whether a rule matches the event of a record with these members. */
export function ruleMatches(text: string, members: object, lists?: string): boolean {
  const [rule] = readRules([folderOf(text, lists)]).rules;
  if (rule?.kind !== 'event') throw new Error('expected a rule about single events');
  return detectionMatches(rule.detection, new EventFields(eventOf(members)));
}

/** What is wrong with a file: `LINE:COLUMN reason`. */
export function problemsOf(text: string, lists?: string): string[] {
  try {
    readRules([folderOf(text, lists)]);
    return [];
  } catch (error) {
    if (!(error instanceof RuleErrors)) throw error;
    return error.problems.map(({ message }) => message.replace(/^[^:]+:(\d+:\d+): /, '$1 '));
  }
}

/** The verdicts of rules on events, in order. */
export async function verdictsOn(rules: readonly Rule[], events: readonly DetectableEvent[]): Promise<Verdict[][]> {
  const detector = new Detector(rules, new MemoryState());
  const verdicts: Verdict[][] = [];
  for (const event of events) verdicts.push(await detector.evaluate(event));
  return verdicts;
}
