import { expect, test } from '@jest/globals';
import { checkEvent } from '../../shared/integrity/check-event.ts';
import { type DeliveredEvent, fromEventItem, toEventItem } from '../../shared/store/event-item.ts';
import { CONTEXT, eventOf } from '../support/events.ts';

const RECORD = { eventID: 'event-1', eventTime: '2026-11-06T02:31:18Z', sourceIPAddress: '2001:DB8:0:0:0:0:0:1' };
const check = (sourceIp: string) => {
  const text = JSON.stringify(RECORD);
  const event = fromEventItem(toEventItem({ ...eventOf(text), sourceIp }, { ingestedAt: '2026-11-20T12:00:00.000Z' }));
  return checkEvent(event as DeliveredEvent, { text, keyAccount: CONTEXT.keyAccount });
};

test('an event with its address as written, as they were once stored, is what was delivered', () => {
  expect(check('2001:DB8:0:0:0:0:0:1')).toBeUndefined();
  expect(check('2001:db8::1')).toBeUndefined();
});

test('one with another address is not', () => {
  expect(check('2001:db8::2')).toMatch(/^attribute sourceIp: expected/);
});
