import { expect } from '@jest/globals';
import type { Item } from '../../shared/store/item.ts';

const INDEXES = ['environment', 'day', 'user', 'role', 'principal', 'eventName', 'errorCode', 'accessKeyId'];

/** An independent count of an item's size, by the rules of the DynamoDB developer guide; a number at its largest. */
export function countItem(item: Item): number {
  return Object.entries(item).reduce((sum, [name, value]) => sum + bytes(name) + countValue(value), 0);
}

function countValue(value: Item[string]): number {
  const [[type, content]] = Object.entries(value) as [[string, unknown]];
  switch (type) {
    case 'S':
      return bytes(content as string);
    case 'N':
      return Math.ceil(String(content).replace(/\D/g, '').length / 2) + 1;
    case 'B':
      return (content as Uint8Array).byteLength;
    case 'BOOL':
      return 1;
    case 'L':
      return (content as Item[string][]).reduce((sum, element) => sum + 1 + countValue(element), 3);
    case 'M':
      return Object.keys(content as Item).length + 3 + countItem(content as Item);
    default:
      throw new Error(`no such type: ${type}`);
  }
}

const bytes = (text: string) => new TextEncoder().encode(text).length;

/** What DynamoDB refuses, and emulators do not: checked for an item of the events table. */
export function expectAcceptable(item: Item): void {
  expect(countItem(item)).toBeLessThanOrEqual(400 * 1024);
  expect(bytes(item.eventId?.S ?? '')).toBeGreaterThan(0);
  for (const key of ['eventId', ...INDEXES]) {
    const { S } = item[key] ?? { S: 'absent' };
    expect(typeof S).toBe('string');
    expect(bytes(S!)).toBeGreaterThan(0);
    expect(bytes(S!)).toBeLessThanOrEqual(2048);
  }
  expect(bytes(item.timeKey?.S ?? '')).toBeGreaterThan(0);
  expect(bytes(item.timeKey!.S!)).toBeLessThanOrEqual(1024);
  for (const text of textsOf(Object.values(item))) expect(text.isWellFormed()).toBe(true);
}

function textsOf(values: readonly Item[string][]): string[] {
  return values.flatMap(({ L, M, S }) => {
    if (L || M) return textsOf(L ?? Object.values(M ?? {}));
    return S === undefined ? [] : [S];
  });
}

/** The attributes of an item of the events table, with those that lists show. */
export const flatItem = ({ listed, ...own }: Item): Item => ({ ...own, ...listed?.M });
