import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { documentText, WANTED } from '../support/document-arbitrary.ts';
import { DOSE, SEED } from '../support/dose.ts';
import { type ReferenceResult, readPlainly } from '../support/reference-reader.ts';
import { cut, scanText } from '../support/scan-text.ts';

const pieceLengths = fc.oneof(
  fc.constant([1_000_000]),
  fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 5 }),
);

/** Bytes that mean something in JSON, or must not stand there. */
const tellingByte = fc.oneof(
  fc.constantFrom(...Buffer.from('"\\{}[],: \n\t0123456789eE+-.truefalsnu/')),
  fc.constantFrom(0x00, 0x0b, 0x0c, 0x1a, 0x1f, 0x7f, 0x80, 0xa0, 0xc2, 0xef, 0xff),
);

describe('against the reference', () => {
  test('generated documents, in pieces of any length', () => {
    const property = fc.property(documentText, pieceLengths, (text, lengths) => {
      expectReference(Buffer.from(text), lengths);
    });
    fc.assert(property, { numRuns: 1500 * DOSE, seed: SEED });
  });

  test('documents with changed, lost and added bytes', () => {
    const mutations = fc.array(fc.tuple(fc.nat(), fc.constantFrom(0, 1, 2), tellingByte), {
      minLength: 1,
      maxLength: 3,
    });
    const property = fc.property(
      documentText,
      fc.array(mutations, { minLength: 4, maxLength: 4 }),
      (text, variants) => {
        for (const variant of variants) expectReference(mutate(Buffer.from(text), variant), [1_000_000]);
      },
    );
    fc.assert(property, { numRuns: 800 * DOSE, seed: SEED });
  });
});

function mutate(bytes: Buffer, mutations: readonly (readonly [number, number, number])[]): Buffer {
  return mutations.reduce((present, [place, lost, byte]) => {
    const at = place % (present.length + 1);
    const added = lost === 2 ? [] : [byte];
    return Buffer.concat([present.subarray(0, at), Buffer.from(added), present.subarray(at + (lost > 0 ? 1 : 0))]);
  }, bytes);
}

/** Both ways of reading find what the reference finds, and agree on where a bad file is bad. */
function expectReference(text: Buffer, lengths: readonly number[]): void {
  const plain = scanText(cut(text, lengths), WANTED, { useSkimmer: false });
  expect(scanText(cut(text, lengths), WANTED, { useSkimmer: true })).toEqual(plain);
  const expected = reference(text);
  if (expected === undefined) expect(Object.keys(plain)).toEqual(['code', 'offset']);
  else expect(plain).toEqual(expected);
}

function reference(text: Buffer): ReferenceResult | undefined {
  try {
    return readPlainly(text, WANTED);
  } catch {
    return undefined;
  }
}
