import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { composeKey, MAX_PARTITION_KEY_BYTES, truncateKey } from '../../shared/store/keys.ts';
import { codePoint } from '../support/code-point.ts';

const text = fc.string({ unit: codePoint, maxLength: 30 });
const size = (value: string) => Buffer.byteLength(value);

describe('truncateKey', () => {
  const long = fc
    .tuple(fc.constantFrom('a', 'é', '€', '💡', '~'), fc.nat(60), text)
    .map(([unit, count, rest]) => unit.repeat(count) + rest);

  test('a text that fits is itself; a longer one is cut between characters', () => {
    fc.assert(
      fc.property(long, fc.integer({ min: 40, max: 120 }), (value, max) => {
        const cut = truncateKey(value, max);
        if (size(value) <= max) {
          expect(cut).toBe(value);
          return;
        }
        expect(size(cut)).toBeLessThanOrEqual(max);
        expect(size(cut)).toBeGreaterThan(max - 4);
        const [, beginning, hash] = /^(.*)~([0-9a-f]{32})$/s.exec(cut)!;
        expect(hash).toBeDefined();
        expect(value.startsWith(beginning!)).toBe(true);
        expect(cut).not.toContain('\ufffd');
      }),
      { numRuns: 500 },
    );
  });

  test('texts that differ are cut differently, also where only the end differs', () => {
    const beginning = 'x'.repeat(3000);
    const cuts = Array.from({ length: 500 }, (_, i) => truncateKey(`${beginning}${i}`, MAX_PARTITION_KEY_BYTES));
    expect(new Set(cuts).size).toBe(500);
  });

  test.each([
    [2047, 2047],
    [2048, 2048],
    [2049, 2048],
    [400_000, 2048],
  ])('%i bytes become %i', (before, after) => {
    expect(size(truncateKey('x'.repeat(before), MAX_PARTITION_KEY_BYTES))).toBe(after);
  });

  test('no long text reaches the key of an environment with a legal name', () => {
    expect(truncateKey('prod-etl'.padEnd(3000, ' '), MAX_PARTITION_KEY_BYTES).length).toBeGreaterThan(80);
  });
});

describe('composeKey', () => {
  const part = fc.oneof(
    text,
    fc.string({ unit: fc.constantFrom(' ', '!', '"', '\0', '0', 'P', 'Q', 'a', 'é', '💡'), maxLength: 4 }),
  );
  const parts = fc.tuple(part, part, part);

  test('is injective and keeps the order of the parts, one after the other', () => {
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        expect(inBytes(composeKey(...one), composeKey(...other))).toBe(inParts(one, other));
      }),
      { numRuns: 2000 },
    );
  });

  test('is reversible', () => {
    fc.assert(
      fc.property(parts, (all) => {
        const back = composeKey(...all)
          .split(' ')
          .map((one) => one.replace(/!(.)/gs, (_, c: string) => String.fromCharCode(c.charCodeAt(0) - 0x30)));
        expect(back).toEqual(all);
      }),
    );
  });

  test('ordinary parts can be read', () => {
    expect(composeKey('prod-etl', '123456789012', 'eu-west-1')).toBe('prod-etl 123456789012 eu-west-1');
  });
});

/** The order of DynamoDB's sort keys. */
const inBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

function inParts(a: readonly string[], b: readonly string[]): number {
  const differs = a.findIndex((part, i) => part !== b[i]);
  return differs < 0 ? 0 : inBytes(a[differs]!, b[differs]!);
}
