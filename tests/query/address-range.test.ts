import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canonicalRange, sourceMatcher } from '../../shared/query/address-range.ts';

describe('a range', () => {
  test.each([
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['10.1.2.3/8', '10.1.2.3/8'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['2001:DB8:0::/32', '2001:db8::/32'],
    ['::/0', '::/0'],
    ['::ffff:10.0.0.0/104', '10.0.0.0/8'],
    ['::ffff:0:0/96', '0.0.0.0/0'],
    ['::ffff:10.0.0.0/64', '::/64'],
    ...['10.0.0.0', '10.0.0.0/33', '::/129', '10.0/8', '10.0.0.0/ 8', 'fe80::%1/64', '10.0.0.0/8\n', '/8'].map(
      (text) => [text, undefined],
    ),
  ])('%j is %j', (text, range) => {
    expect(canonicalRange(text!)).toBe(range);
  });
});

describe('sources', () => {
  const matches = (values: string[], source: string) => sourceMatcher(values)(source);

  test.each([
    ['10.0.0.0/8', ['10.0.0.0', '10.255.255.255', '::ffff:10.1.2.3'], ['9.255.255.255', '11.0.0.0', 'AWS Internal']],
    ['10.1.2.3/8', ['10.200.0.1'], ['11.1.2.3']],
    ['203.0.113.7/32', ['203.0.113.7'], ['203.0.113.6']],
    ['0.0.0.0/0', ['1.2.3.4', '::ffff:1.2.3.4'], ['2001:db8::1', '', 'airflow.amazonaws.com']],
    ['::/0', ['2001:db8::1', '::'], ['1.2.3.4', 'AWS Internal']],
    ['2001:db8::/33', ['2001:DB8:7FFF::1', '2001:0db8:0:0:0:0:0:1'], ['2001:db8:8000::', '2001:db9::']],
    ['2001:db8::1/128', ['2001:DB8:0::1'], ['2001:db8::2']],
    ['AWS Internal', ['AWS Internal'], ['aws internal', 'AWS Internal/8', '10.0.0.1']],
  ])('%s', (value, inside, outside) => {
    for (const source of inside) expect([source, matches([value], source)]).toEqual([source, true]);
    for (const source of outside) expect([source, matches([value], source)]).toEqual([source, false]);
  });

  test('match any of several', () => {
    const values = ['10.0.0.0/8', '192.0.2.1', 'AWS Internal', '2001:db8::/32'];
    const fitting = ['10.1.1.1', '192.0.2.1', 'AWS Internal', '2001:db8::5', '192.0.2.2', ''].filter((source) =>
      matches(values, source),
    );
    expect(fitting).toEqual(['10.1.1.1', '192.0.2.1', 'AWS Internal', '2001:db8::5']);
  });

  test('an IPv4 range has the addresses with the same first bits', () => {
    const address = fc.nat(0xffffffff);
    const dotted = (n: number) => [24, 16, 8, 0].map((shift) => (n >>> shift) & 255).join('.');
    fc.assert(
      fc.property(address, address, fc.nat(32), fc.boolean(), (network, any, prefix, near) => {
        // Half of them share the first bits but for one.
        const source = near ? (network ^ (1 << (32 - Math.max(1, prefix)))) >>> 0 : any;
        const bits = (n: number) => n.toString(2).padStart(32, '0').slice(0, prefix);
        expect(matches([`${dotted(network)}/${prefix}`], dotted(source))).toBe(bits(network) === bits(source));
      }),
    );
  });
});
