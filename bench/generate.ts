/**
 * Makes log files like those CloudTrail delivers: compact JSON, 1.3 KB a record, gzip ratio 6.3. The grammar is calibrated
 * against public records: their lengths, and what each field takes before and after compression. The same settings give the
 * same bytes.
 *
 *     node bench/generate.ts --megabytes 200 --share 0.001 --seed 1 > file.json.gz
 */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { createGzip } from 'node:zlib';
import { type Random, seededRandom } from '../tests/support/random.ts';
import { ALPHABETS, GRAMMAR } from './grammar.ts';

export interface LogFileSettings {
  /** Length of the text; exceeded by less than a record. */
  bytes: number;
  /** Share of Amazon MWAA's records, 0 to 1. */
  share: number;
  seed: number;
  /** At most so many records. */
  records?: number;
  /** The time of the first event, milliseconds since 1970; each of the others happened 50 ms after the one before. */
  start?: number;
  /** Texts of the records of other services, which are shuffled anew for each round; generated, if absent. */
  others?: readonly string[];
  /** Share of the text that is random base64 and hex besides; 0, if absent. */
  noise?: number;
}

const START = Date.UTC(2026, 10, 23, 10);
/** Events of other services are not in order: each happened up to this many milliseconds later. */
const DELAY = 600_000;

const NOISE = [ALPHABETS.base64, ALPHABETS.hex];

/** The text of a log file, in pieces of some 64 KB. */
export function* generateLogFile(settings: LogFileSettings): Generator<string, void, void> {
  const { bytes, share, seed, records = Number.POSITIVE_INFINITY, start = START, noise = 0 } = settings;
  const random = seededRandom(seed);
  const others = settings.others && rounds(settings.others, random);
  const draft = (symbol: string, time: number) => expand(symbol, { random, time, drawn: new Map() });
  let piece = '{"Records":[';
  let written = 0;
  for (let index = 0; written + piece.length < bytes && index < records; index++) {
    const time = start + 50 * index;
    const record = random.chance(share)
      ? draft('mwaa', time)
      : (others?.next().value ?? draft('record', time + random.below(DELAY)));
    piece += (index > 0 ? ',' : '') + (noise > 0 ? withNoise(record, noise, random) : record);
    if (piece.length < 65_536) continue;
    yield piece;
    written += piece.length;
    piece = '';
  }
  yield `${piece}]}`;
}

function* rounds(records: readonly string[], random: Random): Generator<string, undefined> {
  for (;;) yield* random.shuffled(records);
}

/** Adds a member of random text to a record. */
function withNoise(record: string, share: number, random: Random): string {
  const text = randomText(random, random.pick(NOISE), Math.round((record.length * share) / (1 - share)));
  return `${record.slice(0, -1)},"noise":"${text}"}`;
}

/** What a record is made with. */
interface Draft {
  random: Random;
  /** Milliseconds since 1970. */
  time: number;
  /** What the symbols that begin with a capital letter have become. */
  drawn: Map<string, string>;
}

type Part = string | ((draft: Draft) => string);

/** The choices of each symbol in parts; each as often as it weighs. */
const CHOICES: ReadonlyMap<string, readonly (readonly Part[])[]> = new Map(
  Object.entries(GRAMMAR).map(([symbol, choices]) => {
    const weights =
      typeof choices === 'string' ? choices.split('|').map((text) => [text, 1] as const) : Object.entries(choices);
    return [symbol, weights.flatMap(([text, weight]) => new Array<readonly Part[]>(weight).fill(partsOf(text)))];
  }),
);

function partsOf(text: string): Part[] {
  return text.split(/<([^<>]+)>/).map((part, i) => (i % 2 === 1 ? reference(part) : part));
}

function reference(written: string): Part {
  const [name = '', count, symbol = ''] = written.split(' ');
  const alphabet = name in ALPHABETS && ALPHABETS[name as keyof typeof ALPHABETS];
  if (alphabet) return ({ random }) => randomText(random, alphabet, Number(count));
  if (name === 'time') return ({ time }) => new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');
  if (name === 'many') {
    return (draft) => Array.from({ length: 1 + draft.random.below(Number(count)) }, () => expand(symbol, draft)).join();
  }
  const common = name.toLowerCase();
  if (name === common) return (draft) => expand(name, draft);
  return (draft) => {
    const text = draft.drawn.get(name) ?? expand(common, draft);
    draft.drawn.set(name, text);
    return text;
  };
}

function expand(symbol: string, draft: Draft): string {
  let text = '';
  for (const part of draft.random.pick(CHOICES.get(symbol) ?? []))
    text += typeof part === 'string' ? part : part(draft);
  return text;
}

function randomText(random: Random, alphabet: string, length: number): string {
  let text = '';
  while (text.length < length) text += alphabet[random.below(alphabet.length)];
  return text;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      megabytes: { type: 'string', default: '200' },
      share: { type: 'string', default: '0.001' },
      seed: { type: 'string', default: '1' },
    },
  });
  const settings = { bytes: Number(values.megabytes) * 1e6, share: Number(values.share), seed: Number(values.seed) };
  const compressed = createGzip();
  compressed.pipe(process.stdout);
  await pipeline(Readable.from(generateLogFile(settings)), compressed);
}

if (import.meta.main) await main();
