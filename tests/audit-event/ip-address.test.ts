import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canonicalAddress } from '../../shared/audit-event/ip-address.ts';
import { eventOf } from '../support/events.ts';

test.each([
  // RFC 5952, sections 4 and 5
  ['2001:0db8:0000:0000:0001:0000:0000:0001', '2001:db8::1:0:0:1'],
  ['2001:DB8:0:0:0:0:2:1', '2001:db8::2:1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
  ['2001:db8::0:1', '2001:db8::1'],
  ['0:0:0:0:0:0:0:0', '::'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:c000:0201', '192.0.2.1'],
  ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
  ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ['::ffff:1:2', '0.1.0.2'],
  ['1::ffff:1:2', '1::ffff:1:2'],
  ['192.0.2.1', '192.0.2.1'],
  ['FE80:0::1%Eth0', 'fe80::1%Eth0'],
  ...[
    '192.0.2.01',
    'Service:x%20y',
    'FE80::1%',
    'AWS Internal',
    'Airflow.amazonaws.com',
    '2001:DB8',
    '',
    ' ::1',
    '::1 ',
  ].map((text) => [text, text]),
])('%j is %j', (text, address) => {
  expect(canonicalAddress(text!)).toBe(address);
});

test('every spelling of an address is that address', () => {
  const groups = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff })), {
    minLength: 8,
    maxLength: 8,
  });
  fc.assert(
    fc.property(groups, fc.boolean(), fc.boolean(), fc.nat(), (parts, padded, upper, at) => {
      const written = parts.map((part) => part.toString(16).padStart(padded ? 4 : 1, '0'));
      const plain = written.join(':');
      // One run of zeros, not always the longest, may be left out.
      const zeros = [...plain.matchAll(/(?<=^|:)0+(?::0+)*(?=:|$)/g)];
      const run = zeros[at % Math.max(1, zeros.length)];
      const shortened =
        run === undefined
          ? plain
          : `${plain.slice(0, run.index).replace(/:$/, '')}::${plain.slice(run.index + run[0].length).replace(/^:/, '')}`;
      const spelling = upper ? shortened.toUpperCase() : shortened;
      const canonical = canonicalAddress(plain);
      expect(canonicalAddress(spelling)).toBe(canonical);
      expect(canonicalAddress(canonical)).toBe(canonical);
    }),
  );
});

test('an event has the canonical spelling, and its record its own', () => {
  const event = eventOf({ sourceIPAddress: '2001:DB8:0:0::1' });
  expect(event.sourceIp).toBe('2001:db8::1');
  expect(event.record).toContain('"2001:DB8:0:0::1"');
});
