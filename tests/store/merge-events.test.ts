import { describe, expect, test } from '@jest/globals';
import type { AuditEvent } from '../../shared/audit-event/audit-event.ts';
import { fromEventItem, toEventItem } from '../../shared/store/event-item.ts';
import { mergeEvents, newEventPut } from '../../shared/store/events-table.ts';
import type { Item } from '../../shared/store/item.ts';
import { EVENT } from '../support/event-arbitrary.ts';

/** A record of the one eventID; `-addendum` in its name makes it one, and the name is its content. */
function recordOf(name: string, from = 'file'): Item {
  const event: AuditEvent = {
    ...EVENT,
    record: JSON.stringify(name),
    contentHash: name,
    flags: name.includes('addendum') ? ['addendum'] : [],
    logFile: `${from}-of-${name}`,
  };
  return toEventItem(event, { ingestedAt: `${from} time` });
}

/** What is stored, and what became of each, when records come in this order. */
function stored(...names: string[]): { outcomes: string[]; item: Item } {
  const outcomes: string[] = [];
  let item: Item | undefined;
  for (const [i, name] of names.entries()) {
    const incoming = recordOf(name, `file${i}`);
    if (item === undefined) {
      item = incoming;
      outcomes.push('stored');
      continue;
    }
    const merge = mergeEvents(item, incoming);
    outcomes.push(typeof merge === 'string' ? merge : 'amended');
    if (typeof merge !== 'string') item = merge.put;
  }
  return { outcomes, item: item! };
}

describe('what comes, and what becomes of it', () => {
  test.each([
    [['original'], ['stored']],
    [
      ['original', 'original'],
      ['stored', 'known'],
    ],
    [
      ['original', 'other'],
      ['stored', 'conflict'],
    ],
    [
      ['original', 'other', 'original'],
      ['stored', 'conflict', 'known'],
    ],
    [['addendum'], ['stored']],
    [
      ['addendum', 'addendum'],
      ['stored', 'known'],
    ],
    [
      ['original', 'addendum'],
      ['stored', 'amended'],
    ],
    [
      ['addendum', 'original'],
      ['stored', 'amended'],
    ],
    [
      ['original', 'addendum', 'original'],
      ['stored', 'amended', 'known'],
    ],
    [
      ['original', 'addendum', 'addendum'],
      ['stored', 'amended', 'known'],
    ],
    [
      ['addendum', 'original', 'addendum', 'original'],
      ['stored', 'amended', 'known', 'known'],
    ],
    [
      ['original', 'addendum', 'other'],
      ['stored', 'amended', 'conflict'],
    ],
    [
      ['addendum', 'second-addendum'],
      ['stored', 'conflict'],
    ],
    [
      ['original', 'addendum', 'second-addendum'],
      ['stored', 'amended', 'conflict'],
    ],
  ])('%j: %j', (names, outcomes) => {
    expect(stored(...names).outcomes).toEqual(outcomes);
  });

  test('the first writer stays', () => {
    for (const later of ['original', 'other']) {
      expect(fromEventItem(stored('original', later).item)).toMatchObject({
        record: '"original"',
        logFile: 'file0-of-original',
        ingestedAt: 'file0 time',
      });
    }
  });

  test('an addendum wins whichever came first, and the other stays to be seen', () => {
    for (const order of [
      ['original', 'addendum'],
      ['addendum', 'original'],
    ]) {
      expect(fromEventItem(stored(...order).item)).toMatchObject({
        record: '"addendum"',
        contentHash: 'addendum',
        previousRecord: '"original"',
        previousContentHash: 'original',
        flags: ['addendum'],
      });
    }
  });

  test('the order makes no difference but to where and when', () => {
    const [one, other] = [stored('original', 'addendum').item, stored('addendum', 'original').item].map((item) => {
      const { logFile, recordIndex, ingestedAt, ...rest } = item;
      expect([logFile, recordIndex, ingestedAt]).not.toContain(undefined);
      return rest;
    });
    expect(one).toEqual(other);
  });

  test('neither item is changed', () => {
    const [original, addendum] = [recordOf('original'), recordOf('addendum')];
    mergeEvents(original, addendum);
    mergeEvents(addendum, original);
    expect([original, addendum]).toEqual([recordOf('original'), recordOf('addendum')]);
  });
});

test('a new event is put on the condition that there is none', () => {
  const item = recordOf('original');
  expect(newEventPut('events', item)).toEqual({
    TableName: 'events',
    Item: item,
    ConditionExpression: 'attribute_not_exists(eventId)',
  });
});
