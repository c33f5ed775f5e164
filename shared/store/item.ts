import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import { TrailError } from '../errors.ts';

/** A DynamoDB item or key, as the API takes and returns it. */
export type Item = Record<string, AttributeValue>;

/** An item in the table is not what this program writes. */
export class StoredItemError extends TrailError {}

export const text = (value: string): AttributeValue => ({ S: value });
export const number = (value: number): AttributeValue => ({ N: String(value) });

/** Returns an item of plain values, without those that are undefined or empty lists. */
export function toItem(
  attributes: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>,
): Item {
  const item: Item = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'string') item[name] = text(value);
    else if (typeof value === 'number') item[name] = number(value);
    else if (typeof value === 'boolean') item[name] = { BOOL: value };
    else if (value !== undefined && value.length > 0) item[name] = { L: value.map(text) };
  }
  return item;
}

/**
 * Reads the attributes of an item that a schema names.
 * @throws {StoredItemError} with the name of an attribute that is not as expected
 */
export function readItem<T extends z.ZodMiniType>(schema: T, item: Item): z.output<T> {
  const plain = Object.fromEntries(Object.entries(item).map(([name, value]) => [name, plainValue(value)]));
  const { data, error } = z.safeParse(schema, plain);
  if (error === undefined) return data;
  const [issue] = error.issues;
  throw new StoredItemError(
    'stored-item',
    `attribute ${issue?.path.join('.')} of a stored item: expected another value (${issue?.code})`,
  );
}

function plainValue({ S, N, BOOL, L }: AttributeValue): unknown {
  return S ?? BOOL ?? L?.map(plainValue) ?? (N === undefined ? undefined : Number(N));
}

/** A schema for text that holds JSON. */
export function jsonText<T extends z.ZodMiniType>(schema: T) {
  return z.codec(z.string(), schema, {
    decode: (text, context) => {
      try {
        return JSON.parse(text) as z.input<T>;
      } catch {
        context.issues.push({ code: 'invalid_format', format: 'json', input: text });
        return z.NEVER;
      }
    },
    encode: (value) => JSON.stringify(value),
  });
}

export const textAt = (item: Item, name: string) => valueAt(item, name, 'a string', ({ S }) => S);
export const booleanAt = (item: Item, name: string) => valueAt(item, name, 'a boolean', ({ BOOL }) => BOOL);
export const numberAt = (item: Item, name: string) =>
  valueAt(item, name, 'a number', ({ N }) => (Number.isFinite(Number(N)) ? Number(N) : undefined));

/** @throws {StoredItemError} if there is no such attribute */
export function requiredTextAt(item: Item, name: string): string {
  return textAt(item, name) ?? fail(name, 'a string, found nothing');
}

function valueAt<T>(item: Item, name: string, type: string, read: (value: AttributeValue) => T | undefined) {
  const value = item[name];
  return value && (read(value) ?? fail(name, type));
}

function fail(name: string, expected: string): never {
  throw new StoredItemError('stored-item', `attribute ${name} of a stored item: expected ${expected}`);
}

export function textsAt(item: Item, name: string): string[] {
  return (item[name]?.L ?? []).flatMap((value) => value.S ?? []);
}

/**
 * Returns the size in bytes that DynamoDB counts for an item of the types that this program writes: names and strings in UTF-8,
 * numbers by their digits, 3 bytes for a list or map and 1 for each element.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
export function itemSize(item: Item): number {
  return Object.entries(item).reduce((size, [name, value]) => size + Buffer.byteLength(name) + valueSize(value), 0);
}

function valueSize(value: AttributeValue): number {
  if (value.S !== undefined) return Buffer.byteLength(value.S);
  if (value.B !== undefined) return value.B.length;
  if (value.N !== undefined) return Math.ceil(value.N.length / 2) + 2;
  if (value.M !== undefined) return 3 + Object.keys(value.M).length + itemSize(value.M);
  if (value.L !== undefined) return 3 + value.L.reduce((size, element) => size + 1 + valueSize(element), 0);
  return 1;
}
