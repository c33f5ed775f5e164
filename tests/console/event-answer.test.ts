import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readEventAnswer } from '../../console/src/lib/event-answer.ts';
import { indentedJson } from '../../shared/audit-event/json-text.ts';
import { eventJson } from '../../shared/render/json.ts';
import { auditEvent, EVENT } from '../support/event-arbitrary.ts';
import { treeOf, written } from '../support/json-tree.ts';

const recordText = fc
  .tuple(treeOf(), fc.nat())
  .filter(([tree]) => 'object' in tree)
  .map(([tree, seed]) => written(tree, { seed }));
const stored = { ingestedAt: '2026-11-06T03:00:00.000Z' };

test('has the attributes, and every record as it is written', () => {
  fc.assert(
    fc.property(auditEvent, fc.array(recordText, { minLength: 1, maxLength: 4 }), (event, [record, ...previous]) => {
      const previousVersions = previous.map((text) => ({ ...EVENT, ...stored, record: text }));
      const shown = { ...event, ...stored, record: record! };
      const answer = readEventAnswer(eventJson(previous.length === 0 ? shown : { ...shown, previousVersions }));
      expect({ ...shown, ...answer.event, record }).toEqual(shown);
      expect(indentedJson(answer.event.record!)).toBe(indentedJson(record!));
      expect(answer.earlier.map((text) => indentedJson(text!))).toEqual(previous.map(indentedJson));
    }),
  );
});

test('has lists that the answer leaves out because they are empty', () => {
  const { event } = readEventAnswer(eventJson({ ...EVENT, ...stored }));
  expect([event.parameters, event.flags, event.redacted]).toEqual([[], [], []]);
});

test('has no record if none was stored', () => {
  const { record: _, ...omitted } = EVENT;
  expect(readEventAnswer(eventJson({ ...omitted, ...stored })).event).not.toHaveProperty('record');
});

test('has an empty place for an earlier record that was not stored', () => {
  const { record: _, ...omitted } = { ...EVENT, ...stored };
  const previousVersions = [{ ...EVENT, ...stored, record: '{"a":1.0}' }, omitted];
  expect(readEventAnswer(eventJson({ ...EVENT, ...stored, previousVersions })).earlier).toEqual([
    '{"a":1.0}',
    undefined,
  ]);
});
