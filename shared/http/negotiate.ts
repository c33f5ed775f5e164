/** The media type of each format that answers are given in. */
export const MEDIA_TYPES = {
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  csv: 'text/csv',
} as const;
export type Format = keyof typeof MEDIA_TYPES;
export const ALL_FORMATS = ['json', 'ndjson', 'csv'] as const satisfies readonly Format[];

/** The Content-Type of each format. */
export const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  json: MEDIA_TYPES.json,
  ndjson: MEDIA_TYPES.ndjson,
  csv: `${MEDIA_TYPES.csv}; charset=utf-8; header=present`,
};

/**
 * Returns the format that an Accept header prefers, among equals the first of those offered; undefined if it accepts none.
 * https://www.rfc-editor.org/rfc/rfc9110#name-accept
 */
export function chooseFormat(accept: string | undefined, offered: readonly Format[]): Format | undefined {
  const ranges = (accept ?? '').split(',').flatMap(readRange);
  // No header, or one without any valid range, means anything.
  if (ranges.length === 0) return offered[0];
  const liked = offered.map((format) => ({ format, weight: weightOf(MEDIA_TYPES[format], ranges) }));
  const best = liked.reduce((a, b) => (b.weight > a.weight ? b : a));
  return best.weight > 0 ? best.format : undefined;
}

/** Such as `text/*;q=0.5`. */
interface MediaRange {
  range: string;
  weight: number;
}

function readRange(text: string): MediaRange[] {
  const [range = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  if (!/^(?:\*\/\*|[\w!#$&^.+-]+\/(?:\*|[\w!#$&^.+-]+))$/.test(range)) return [];
  const q = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  const weight = q === undefined ? 1 : /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(q) ? Number(q) : 0;
  return [{ range, weight }];
}

/** The most specific range decides: the type itself, else its group, else anything. */
function weightOf(mediaType: string, ranges: readonly MediaRange[]): number {
  const group = mediaType.replace(/\/.*/, '/*');
  for (const wanted of [mediaType, group, '*/*']) {
    const weights = ranges.filter(({ range }) => range === wanted).map(({ weight }) => weight);
    if (weights.length > 0) return Math.max(...weights);
  }
  return 0;
}
