import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { AuditEvent } from '../../shared/audit-event/audit-event.ts';
import { fromEventItem, toEventItem } from '../../shared/store/event-item.ts';
import { mergeEvents, newEventPut } from '../../shared/store/events-table.ts';
import type { Item } from '../../shared/store/item.ts';
import { EVENT } from '../support/event-arbitrary.ts';

/** A record of the one eventID; `addendum` in its name makes it one, `provisional` too, and the rest of the name is its content. */
function recordOf(name: string, from = 'file'): Item {
  const content = name.replace('provisional ', '');
  const { logFile: _, recordIndex: __, ...attributes } = EVENT;
  const event: AuditEvent = {
    ...attributes,
    record: JSON.stringify(content),
    contentHash: content,
    flags: name.includes('addendum') ? ['addendum'] : [],
    ...(name.startsWith('provisional')
      ? { provisional: true }
      : { logFile: `${from}-of-${content}`, recordIndex: EVENT.recordIndex }),
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
    const { outcome, put } = mergeEvents(item, incoming);
    outcomes.push(outcome);
    item = put ?? item;
  }
  return { outcomes, item: item! };
}

describe('what comes, and what becomes of it', () => {
  test.each([
    [['original'], ['stored']],
    [
      ['original', 'original'],
      ['stored', 'duplicate'],
    ],
    [
      ['original', 'other'],
      ['stored', 'conflict'],
    ],
    [
      ['original', 'other', 'original'],
      ['stored', 'conflict', 'duplicate'],
    ],
    [['addendum'], ['stored']],
    [
      ['addendum', 'addendum'],
      ['stored', 'duplicate'],
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
      ['stored', 'amended', 'duplicate'],
    ],
    [
      ['original', 'addendum', 'addendum'],
      ['stored', 'amended', 'duplicate'],
    ],
    [
      ['addendum', 'original', 'addendum', 'original'],
      ['stored', 'amended', 'duplicate', 'duplicate'],
    ],
    [
      ['original', 'addendum', 'other'],
      ['stored', 'amended', 'conflict'],
    ],
    [
      ['addendum', 'second-addendum'],
      ['stored', 'amended'],
    ],
    [
      ['original', 'addendum', 'second-addendum'],
      ['stored', 'amended', 'amended'],
    ],
    [
      ['addendum', 'second-addendum', 'original', 'addendum', 'second-addendum', 'other'],
      ['stored', 'amended', 'amended', 'duplicate', 'duplicate', 'conflict'],
    ],
    [['provisional original'], ['stored']],
    [
      ['provisional original', 'provisional other'],
      ['stored', 'duplicate'],
    ],
    [
      ['provisional original', 'original', 'provisional other', 'original', 'other'],
      ['stored', 'stored', 'duplicate', 'duplicate', 'conflict'],
    ],
    [
      ['provisional original', 'written otherwise'],
      ['stored', 'stored'],
    ],
    [
      ['original', 'provisional addendum', 'addendum'],
      ['stored', 'duplicate', 'amended'],
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
        previousVersions: [{ record: '"original"', contentHash: 'original' }],
        flags: ['addendum'],
      });
    }
  });

  test('a log file takes the place of a provisional copy, whole', () => {
    expect(stored('provisional original', 'original').item).toEqual(recordOf('original', 'file1'));
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

describe('of several addenda the newest wins', () => {
  interface Delivery {
    content: string;
    addendum: boolean;
    /** Of the event; then of its log file, in minutes. */
    second: number;
    minute: number;
    provisional?: true;
  }

  const key = (minute: number) =>
    `logs/AWSLogs/111122223333/CloudTrail/eu-west-1/2026/11/02/111122223333_CloudTrail_eu-west-1_20261102T10${String(minute).padStart(2, '0')}Z_x.json.gz`;

  function itemOf({ content, addendum, second, minute, provisional }: Delivery): Item {
    const { logFile: _, recordIndex: __, ...attributes } = EVENT;
    const event: AuditEvent = {
      ...attributes,
      record: JSON.stringify(content),
      contentHash: content,
      timeKey: `2026-11-02T09:00:0${second}.000Z#${EVENT.eventId}`,
      flags: addendum ? ['addendum'] : [],
      ...(provisional ? { provisional } : { logFile: key(minute), recordIndex: 0 }),
    };
    return toEventItem(event, { ingestedAt: 'now' });
  }

  const table = (deliveries: readonly Delivery[]) =>
    deliveries.map(itemOf).reduce<Item | undefined>((item, incoming) => {
      if (item === undefined) return incoming;
      return mergeEvents(item, incoming).put ?? item;
    }, undefined)!;

  const addendum = (content: string, second: number, minute: number): Delivery => ({
    ...{ content, addendum: true, second, minute },
  });
  const contents = (...deliveries: Delivery[]) => {
    const { previousVersions = [], ...newest } = fromEventItem(table(deliveries));
    return [newest, ...previousVersions].map(({ contentHash }) => contentHash);
  };
  const original: Delivery = { content: 'o', addendum: false, second: 9, minute: 59 };

  test('by the time of the event, then by that of the delivery, then by content; the original is the oldest', () => {
    expect(contents(original, addendum('a', 2, 1), addendum('b', 1, 2))).toEqual(['a', 'b', 'o']);
    expect(contents(original, addendum('a', 1, 2), addendum('b', 1, 1))).toEqual(['a', 'b', 'o']);
    expect(contents(original, addendum('a', 1, 1), addendum('b', 1, 1))).toEqual(['b', 'a', 'o']);
  });

  test('an addendum that is delivered again is not newer for that', () => {
    expect(contents(addendum('a', 1, 1), addendum('b', 1, 2), addendum('a', 1, 3))).toEqual(['b', 'a']);
    expect(contents(addendum('a', 1, 3), addendum('b', 1, 2), addendum('a', 1, 1))).toEqual(['b', 'a']);
  });

  test('in any order of arrival, with copies and provisional ones among them, the table is the same', () => {
    const content = fc.constantFrom('a', 'b', 'c', 'd');
    const second = { a: 1, b: 1, c: 1, d: 2 };
    const delivery = fc.oneof(
      fc
        .tuple(content, fc.nat({ max: 9 }))
        .map(([name, minute]) => addendum(name, second[name as keyof typeof second], minute)),
      fc.nat({ max: 9 }).map((minute) => ({ ...original, minute })),
    );
    const provisional = delivery.map((one) => ({ ...one, provisional: true as const }));
    const orders = fc
      .tuple(fc.array(delivery, { minLength: 1, maxLength: 6 }), fc.array(provisional, { maxLength: 2 }))
      .chain(([all, others]) => {
        const both = [...all, ...others];
        return fc.tuple(...[0, 1].map(() => fc.shuffledSubarray(both, { minLength: both.length })));
      });
    fc.assert(
      fc.property(orders, ([one, other]) => {
        expect(withoutPlace(table(one!))).toEqual(withoutPlace(table(other!)));
      }),
      { numRuns: 500 },
    );
  });

  /** The first copy of an original stays, wherever it is from. */
  function withoutPlace(item: Item) {
    const { previousVersions = [], ...newest } = fromEventItem(item);
    return [newest, ...previousVersions].map((version) =>
      version.flags.includes('addendum') ? version : { ...version, logFile: undefined },
    );
  }
});

describe('an item of another schema version', () => {
  const { schemaVersion: _, ...other } = recordOf('original');
  const { schemaVersion: __, ...otherAddendum } = recordOf('addendum');
  const { schemaVersion: ___, ...otherProvisional } = recordOf('provisional original');

  test.each<[string, Item, string, string]>([
    ['an event', other, 'original', 'stored'],
    ['an event', other, 'addendum', 'stored'],
    ['an event', other, 'another', 'conflict'],
    ['an event', other, 'provisional original', 'duplicate'],
    ['an addendum', otherAddendum, 'addendum', 'stored'],
    ['an addendum', otherAddendum, 'original', 'stored'],
    ['an addendum', otherAddendum, 'second-addendum', 'stored'],
    ['a provisional event', otherProvisional, 'original', 'stored'],
    ['a provisional event', otherProvisional, 'another', 'stored'],
    ['a provisional event', otherProvisional, 'provisional original', 'stored'],
  ])('%s: %#', (_, item, name, outcome) => {
    const incoming = recordOf(name, 'again');
    expect(mergeEvents(item, incoming)).toEqual(outcome === 'stored' ? { outcome, put: incoming } : { outcome });
  });
});
