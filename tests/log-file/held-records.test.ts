import { expect, test } from '@jest/globals';
import { HeldRecords } from '../../shared/log-file/held-records.ts';
import type { RecordBatch } from '../../shared/log-file/read-log-file.ts';

const badRecords = (count: number): RecordBatch => ({
  kept: [],
  bad: Array.from({ length: count }, (_, index) => ({
    index,
    offset: 2 * index,
    bytes: Buffer.from('1'),
    reason: 'not-an-object' as const,
  })),
});

test('more records in one piece of text than a call takes arguments', () => {
  const held = new HeldRecords(Number.MAX_SAFE_INTEGER);
  held.add(badRecords(300_000));
  expect(held.all()?.bad).toHaveLength(300_000);
});

test('tiny records count with their cost in memory', () => {
  const held = new HeldRecords();
  held.add(badRecords(300_000));
  expect(held.all()).toBeUndefined();
});

test('beyond the cap nothing is held, not even what follows', () => {
  const held = new HeldRecords(2_000);
  held.add(badRecords(5));
  expect(held.all()?.bad).toHaveLength(5);
  held.add(badRecords(5));
  held.add(badRecords(1));
  expect(held.all()).toBeUndefined();
});
