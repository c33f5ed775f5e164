import { stringify } from 'csv-stringify/sync';
import type { ListedEvent, StoredEvent } from '../store/event-item.ts';
import { attributeOf, LISTED_ATTRIBUTES, OTHER_ATTRIBUTES, VERIFICATION_ATTRIBUTES } from './attributes.ts';

/** The columns of a list, of whole events, and of one event with its verification. */
export const LISTED_COLUMNS: readonly string[] = LISTED_ATTRIBUTES;
export const FULL_COLUMNS: readonly string[] = [...LISTED_ATTRIBUTES, ...OTHER_ATTRIBUTES, 'record'];

export const VERIFIED_COLUMNS: readonly string[] = [...FULL_COLUMNS, ...VERIFICATION_ATTRIBUTES];

/** One row of RFC 4180, line break included. */
export function csvRow(values: readonly string[]): string {
  // A single CR or LF must be quoted too: readers take it for the end of a row.
  return stringify([values.map(withoutFormula)], { record_delimiter: 'windows', quoted_match: /[\r\n]/ });
}

/** An event as a row under the given columns; absent attributes are empty. */
export function eventCsv(event: ListedEvent | StoredEvent, columns: readonly string[]): string {
  return csvRow(columns.map((name) => cell(attributeOf(event, name))));
}

function cell(value: unknown): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/**
 * A spreadsheet takes a cell that starts like this for a formula; a quote before it makes it text. Some look past white space
 * and what is invisible, and some take a full-width sign for the plain one: compatibility forms (NFKC) have one reading.
 * https://owasp.org/www-community/attacks/CSV_Injection
 */
function withoutFormula(value: string): string {
  const start = value.replace(/^[\p{Z}\p{C}\p{Default_Ignorable_Code_Point}\u2800]+/u, '').slice(0, 1);
  return /^[\t\r\n]/.test(value) || /^[=+\-@\u2212]/.test(start.normalize('NFKC')) ? `'${value}` : value;
}
