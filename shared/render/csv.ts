import { stringify } from 'csv-stringify/sync';
import { type AttributeName, attributeOf, attributesWhere } from '../audit-event/attributes.ts';
import type { ListedEvent, StoredEvent } from '../store/event-item.ts';

/** The columns of a list, of whole events, and of one event with its verification. */
export const LISTED_COLUMNS = attributesWhere(({ shown }) => shown === 'list');
export const FULL_COLUMNS = attributesWhere(({ shown }) => shown === 'list' || shown === 'event');
export const VERIFIED_COLUMNS = attributesWhere(({ shown }) => shown !== 'store');

/** One row of RFC 4180, line break included. */
export function csvRow(values: readonly string[]): string {
  // A single CR or LF must be quoted too: readers take it for the end of a row.
  return stringify([values.map(withoutFormula)], { record_delimiter: 'windows', quoted_match: /[\r\n]/ });
}

/** An event as a row under the given columns; absent attributes and empty lists are empty. */
export function eventCsv(event: ListedEvent | StoredEvent, columns: readonly AttributeName[]): string {
  return csvRow(
    columns.map((name) => {
      const value = attributeOf(event, name) ?? '';
      if (typeof value === 'string') return value;
      return typeof value === 'object' && value.length === 0 ? '' : JSON.stringify(value);
    }),
  );
}

/**
 * Adds a quote to a cell that spreadsheets take for a formula, so that they take it for text. Some ignore leading white space
 * and invisible characters, and some treat a full-width sign as the plain one, hence NFKC.
 * https://owasp.org/www-community/attacks/CSV_Injection
 */
function withoutFormula(value: string): string {
  const start = value.replace(/^[\p{Z}\p{C}\p{Default_Ignorable_Code_Point}\u2800]+/u, '').slice(0, 1);
  return /^[\t\r\n]/.test(value) || /^[=+\-@\u2212]/.test(start.normalize('NFKC')) ? `'${value}` : value;
}
