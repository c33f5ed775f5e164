import { valuesOfJson } from './lookup-output.ts';

/** The members that an event of EventBridge can begin with, sorted or not. Neither a log file nor a record begins with them. */
const EVENT_START = /^\uFEFF?\s*(?:\[\s*)?\{\s*"(?:version|id|detail-type|source|account|detail)"\s*:/;
const DETAIL_TYPE = /"detail-type"\s*:/;

/** Whether a text is a list of EventBridge's events, or several in a row, judged by its beginning. */
export function isEventBridgeEvents(head: string): boolean {
  return EVENT_START.test(head) && DETAIL_TYPE.test(head);
}

/**
 * Reads a list of EventBridge's events, or several in a row.
 * @throws BadLogFileError `json-syntax` or `json-truncated`
 */
export function readEventBridgeEvents(text: string): unknown[] {
  const values = [...valuesOfJson(text, 'EventBridge events')].map(({ value }) => value);
  return values.flatMap((value) => (Array.isArray(value) ? (value as unknown[]) : [value]));
}
