import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { generateLogFile } from '../../bench/generate.ts';
import { compactRecord } from '../../shared/records/json-text.ts';
import { RecordScanner } from '../../shared/records/record-scanner.ts';
import { RecordSkimmer } from '../../shared/records/record-skimmer.ts';
import { documentText, WANTED } from '../support/document-arbitrary.ts';
import { type ReferenceResult, readPlainly } from '../support/reference-reader.ts';
import { SCALE, SEED, TIME_LIMIT } from '../support/scale.ts';
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
  test(
    'generated documents, in pieces of any length',
    () => {
      const property = fc.property(documentText, pieceLengths, (text, lengths) => {
        expectReference(Buffer.from(text), lengths);
      });
      fc.assert(property, { numRuns: 1500 * SCALE, seed: SEED });
    },
    TIME_LIMIT,
  );

  test(
    'documents with changed, lost and added bytes',
    () => {
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
      fc.assert(property, { numRuns: 800 * SCALE, seed: SEED });
    },
    TIME_LIMIT,
  );
});

/** Long records in compact text are what the skimmer reads itself. */
describe('realistic records', () => {
  const spaced = [
    (text: string) => text,
    (text: string) => text.replaceAll('":', '": ').replaceAll(',"', ', "'),
    (text: string) => JSON.stringify(JSON.parse(text), null, 2),
    (text: string) =>
      text.replace(/a[iw]|[.]/g, (found) => `\\u00${found.charCodeAt(0).toString(16)}${found.slice(1)}`),
  ];

  test(
    'with changed, lost and added bytes',
    () => {
      const mutation = fc.tuple(fc.nat(), fc.constantFrom(0, 1, 2), tellingByte);
      const settings = fc.record({
        bytes: fc.integer({ min: 500, max: 6000 }),
        share: fc.constant(0.3),
        seed: fc.nat(),
      });
      const mutations = fc.array(mutation, { maxLength: 2 });
      const property = fc.property(
        settings,
        fc.constantFrom(...spaced),
        mutations,
        pieceLengths,
        (file, space, ...rest) => {
          const [changes, lengths] = rest;
          const text = space([...generateLogFile(file)].join(''));
          expectReference(mutate(Buffer.from(text), changes), lengths);
        },
      );
      fc.assert(property, { numRuns: 1000 * SCALE, seed: SEED });
    },
    TIME_LIMIT,
  );

  test('are read by the skimmer, except the last ones of a text', () => {
    const text = Buffer.from([...generateLogFile({ bytes: 100_000, share: 0.1, seed: SEED })].join(''));
    const { recordsRead } = readPlainly(text, WANTED);
    const skimmer = RecordSkimmer.create(WANTED, 10_000) as RecordSkimmer;
    skimmer.storage.append(text);
    skimmer.begin('{"Records":['.length, true);
    expect(skimmer.skim(text.length, 1000)).toBe('more');
    expect(skimmer.elementCount).toBeGreaterThanOrEqual(recordsRead - 2);
  });
});

describe('what the kernel says of a record', () => {
  const names = ['airflow.amazonaws.com', 'a\\u0041b', 's.example'];
  const source = '"eventSource":"airflow.amazonaws.com"';
  const member = fc.oneof(
    { weight: 2, arbitrary: fc.constant(source) },
    {
      weight: 6,
      arbitrary: fc.constantFrom(
        '"eventSource":"s.example"',
        '"eventSource":"s3.amazonaws.com"',
        '"eventSource":null',
        '"eventSource":{"eventSource":"airflow.amazonaws.com"}',
        '"eventSource" : "airflow.amazonaws.com"',
        '"eventSource":\n"s3.amazonaws.com"',
        '"event\\u0053ource":"s3.amazonaws.com"',
        '"\\u0065ventSource":"airflow.amazonaws.com"',
        '"eventSource":"\\u0061irflow.amazonaws.com"',
        '"eventSource":"a\\u0041b"',
        '"eventSource":"a\\\\u0041b"',
        '"myeventSource":"airflow.amazonaws.com"',
        '"eventSorbet":"airflow.amazonaws.com"',
        '"eventSource":["airflow.amazonaws.com"]',
        '"my\\"eventSource":"airflow.amazonaws.com"',
        '"airflow.amazonaws.com":"eventSource"',
        '"a":["airflow.amazonaws.com"]',
        `"a":{${source}}`,
        `"a":[[{"b":{}},{${source}}]]`,
        `"a":"{\\"eventSource\\":\\"airflow.amazonaws.com\\"}"`,
        '"S":"\\\\ Source\\"STS"',
        '"a" :[1, 2]',
        '"a":{\t}',
      ),
    },
    { weight: 2, arbitrary: fc.nat(130).map((length) => `"a":"${' S'.repeat(length)}"`) },
  );
  const record = fc.array(member, { maxLength: 6 }).map((members) => `{${members}}`);
  const separator = fc.constantFrom(',', ',', ',\n', ' ,');
  const document = fc
    .array(fc.tuple(record, separator), { minLength: 1, maxLength: 12 })
    // The last records of a text are read by the automaton.
    .map((records) => `{"Records":[${records.flat().join('')}{"a":"${'b'.repeat(300)}"}]}`);

  test(
    'is so, wherever its parts lie',
    () => {
      const property = fc.property(document, pieceLengths, (text, lengths) => {
        const file = Buffer.from(text);
        expect(scanText(cut(file, lengths), names, { useSkimmer: true })).toEqual(readPlainly(file, names));
        for (const { bytes, isCompact } of keptRecords(cut(file, lengths), names))
          if (isCompact) expect(compactRecord(bytes)).toBe(bytes);
      });
      fc.assert(property, { numRuns: 2000 * SCALE, seed: SEED });
    },
    TIME_LIMIT,
  );

  test.each([
    [`{"a":"${'b'.repeat(70)}",${source}}`, true, true],
    [`{"a":"${'b'.repeat(70)}\\n b",${source},"b":[1,{}]}`, true, true],
    [`{"a":"${'b'.repeat(70)}", ${source}}`, true, false],
    [`{${source},"b":{${source}}}`, false, true],
    [`{${source},"event\\u0053ource":1}`, false, true],
    [`{"b":{${source}}}`, false, true],
  ])('%s', (text, isWanted, isCompact) => {
    const file = Buffer.from(`[${`${text},`.repeat(300)}{}]`);
    const skimmer = RecordSkimmer.create(names, 10_000) as RecordSkimmer;
    skimmer.storage.append(file);
    skimmer.begin(1, true);
    skimmer.skim(file.length, 1000);
    const candidates = skimmer.candidates();
    expect(candidates.length).toBeGreaterThan(250);
    for (const [index, { start, end, ...facts }] of candidates.entries()) {
      expect(file.toString('utf8', start, end)).toBe(text);
      // Others that end in the same block of 64 bytes may hide what is wanted.
      if (index > 0 && text.length > 64) expect(facts).toEqual({ index, isWanted, isCompact });
      else if (!isWanted) expect(facts.isWanted).toBe(false);
    }
  });
});

function keptRecords(pieces: Iterable<Uint8Array>, names: readonly string[]) {
  const scanner = new RecordScanner(names, { recordBytes: 100_000, depth: 100, records: 1000 });
  try {
    return [...[...pieces].map((piece) => scanner.push(piece)), scanner.finish()].flatMap(({ kept }) => kept);
  } finally {
    scanner.close();
  }
}

test('more names than fit into the first pages of memory', () => {
  const names = Array.from({ length: 300 }, (_, i) => `${i}.example`);
  const text = Buffer.from(
    `{"Records":[${names.map((name) => `{"eventSource":"${name}","a":"${'b'.repeat(300)}"}`)}]}`,
  );
  expect(scanText([text], names, { useSkimmer: true })).toEqual(readPlainly(text, names));
});

test('names without a prefilter', () => {
  const text = Buffer.from(`{"Records":[{"eventSource":""},{"eventSource":"x","a":"${'b'.repeat(300)}"}]}`);
  expect(scanText([text], [''], { useSkimmer: true })).toEqual(readPlainly(text, ['']));
  expect(scanText([text], [], { useSkimmer: true })).toEqual(readPlainly(text, []));
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
