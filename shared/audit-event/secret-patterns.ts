import { replaceSpans, type Span } from './json-text.ts';
import { secretValues } from './secret-values.ts';

/**
 * What secrets look like inside longer text. Every pattern has bounded repeats, or can start only once in a run of the
 * characters it takes: a hostile text of 256 KB costs linear time.
 */
interface SecretPattern {
  /** Global; an optional named group `keep` at the start of the match stays readable. */
  pattern: RegExp;
  /** A second look at what `pattern` found. */
  isSecret?: (found: string) => boolean;
}

/** Addresses of chat services to which anybody who knows them can post: the part that stays readable. */
const WEBHOOKS = [
  String.raw`hooks\.slack(?:-gov)?\.com/[a-z]{1,20}/`,
  String.raw`\.webhook\.office\.com/`,
  String.raw`outlook\.office(?:365)?\.com/webhook/`,
  String.raw`\.logic\.azure\.(?:com|us|cn)(?::\d{1,5})?/`,
  String.raw`\.api\.powerplatform\.com(?::\d{1,5})?/`,
  String.raw`discord(?:app)?\.com/api/(?:v\d{1,2}/)?webhooks/`,
  String.raw`chat\.googleapis\.com/v1/spaces/`,
  String.raw`api\.telegram\.org/(?:file/)?bot`,
  String.raw`(?:webexapis|ciscospark)\.com/v1/webhooks/incoming/`,
  String.raw`\.zoom\.us/incoming/hook/`,
  String.raw`\.dingtalk\.com/robot/send\?`,
  String.raw`\.(?:feishu\.cn|larksuite\.com)/open-apis/bot/(?:v\d{1,2}/)?hook/`,
  String.raw`\.weixin\.qq\.com/cgi-bin/webhook/send\?`,
  String.raw`hooks\.chime\.aws/incomingwebhooks/`,
  String.raw`events\.(?:eu\.)?pagerduty\.com/integration/`,
  String.raw`hooks\.zapier\.com/hooks/`,
  // Mattermost and Rocket.Chat, on hosts of their own.
  String.raw`https?://[^\s/]{1,255}/hooks/(?=[\w/]{20})`,
].join('|');

/** Scheme and user; what follows is no password where it is the port of a host without user, or in an IPv6 address. */
const BEFORE_PASSWORD = String.raw`(?<keep>:\/\/(?<=[a-z0-9+.-]{2}:\/\/)(?!\[)[^\s/:?#]{0,200}:)(?!\d{1,5}(?:[/?#\s]|$))`;

const PATTERNS: readonly SecretPattern[] = [
  { pattern: /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g },
  // JSON Web Token: MWAA's CLI and web login tokens among them.
  { pattern: /(?<![\w-])eyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*)?/g },
  // Session token of temporary AWS credentials.
  { pattern: /(?<![\w+/=-])(?:IQoJb3JpZ2lu|FwoG|FQoG)[\w+/=-]{60,}/g },
  // AWS secret access key: 40 characters of base64 without any other mark.
  { pattern: /(?<![\w+/=-])[A-Za-z0-9+/]{40}(?![\w+/=-])/g, isSecret: looksRandom },
  // Fernet key (Airflow's own) and other 32-byte keys in base64.
  { pattern: /(?<![\w+/=-])[\w+/-]{43}=(?![\w=])/g, isSecret: looksRandom },
  { pattern: /(?<![\w=-])gAAAA[\w=-]{60,}/g },
  {
    pattern: /(?<keep>\b(?:Bearer|Basic)\s{1,4})[\w+/=.~-]{8,}/gi,
    isSecret: (found) => found.length > 22 || /\d|[a-z][A-Z]/.test(found),
  },
  // Password in a URL: Airflow connections are written so, and by hand often without encoding what needs it.
  {
    pattern: new RegExp(
      String.raw`${BEFORE_PASSWORD}(?!@)[^\s/]{0,500}(?:(?!(?<=:)\/\/)\/[^\s"'\`<>/]{0,100}){0,5}(?=@)`,
      'gi',
    ),
  },
  {
    pattern: new RegExp(String.raw`${BEFORE_PASSWORD}[^\s@"'\`<>]{1,100}(?: {1,2}[^\s@"'\`<>]{1,100}){1,3}(?=@)`, 'gi'),
  },
  { pattern: /(?<keep>jdbc:oracle:[a-z]{1,10}:[^\s/@"]{1,100}\/)[^\s@]{1,200}(?=@)/gi },
  { pattern: new RegExp(String.raw`(?<keep>${WEBHOOKS})[^\s"'<>\\]{4,}`, 'gi') },
  // Shared access signatures.
  { pattern: /(?<keep>[?&]sig=)[^\s"'&<>\\]{8,}/gi },
  {
    pattern:
      /\b(?:gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_\w{22,255}|glpat-[\w-]{20,100}|xox[abeoprs]-[A-Za-z0-9-]{10,250}|AIza[\w-]{35}|sk_(?:live|test)_[A-Za-z0-9]{16,250}|npm_[A-Za-z0-9]{36}|hv[bs]\.[\w-]{20,250})/g,
  },
  // An environment may be called sk-analytics-production.
  { pattern: /\bsk-[\w-]{20,250}/g, isSecret: (found) => /[A-Za-z0-9]{20}/.test(found) && /\d/.test(found) },
];

const SHORTEST_SECRET = 8;

/** The mask of secrets; CloudTrail itself uses the same text. */
export const MASK = '***';

/** A mask can let another pattern match: masking is repeated until nothing changes, at most this often. */
const MAX_ROUNDS = 5;

/**
 * Texts without secrets: the names of members and many of their values are the same in most records, and the patterns would take a
 * third of the time of an event.
 */
const harmless = new Set<string>();
const MAX_HARMLESS = 10_000;
const MAX_HARMLESS_LENGTH = 200;

/** Returns the text with everything that looks like a secret replaced by `***`; the same text if nothing does. */
export function maskSecretsInText(text: string): string {
  if (text.length < SHORTEST_SECRET || harmless.has(text)) return text;
  const masked = maskUntilDone(text);
  if (masked === text && text.length <= MAX_HARMLESS_LENGTH) {
    if (harmless.size === MAX_HARMLESS) harmless.clear();
    harmless.add(copyOf(text));
  }
  return masked;
}

/** A part of a longer text would keep all of that in memory. */
const copyOf = (text: string) => Buffer.from(text, 'utf16le').toString('utf16le');

function maskUntilDone(text: string): string {
  let masked = text;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const next = maskOnce(masked);
    if (next === masked) break;
    masked = next;
  }
  return masked;
}

function maskOnce(text: string): string {
  if (text.length < SHORTEST_SECRET) return text;
  const spans = merged([...secretSpans(text), ...encodedSpans(text)]);
  if (spans.length === 0) return text;
  const masks = spans.map((span) => ({ ...span, by: MASK }));
  return replaceSpans(text, masks);
}

function secretSpans(text: string): Span[] {
  return [...PATTERNS.flatMap((pattern) => spansOf(text, pattern)), ...secretValues(text)];
}

/** URLs inside other URLs are percent-encoded, perhaps several times; JSON inside JSON strings is escaped. */
const MAX_ENCODINGS = 3;

function encodedSpans(text: string): Span[] {
  const spans: Span[] = [];
  let decoded = decodedOnce(text);
  for (let n = 1; decoded !== undefined && n <= MAX_ENCODINGS; n += 1) {
    const { offsets } = decoded;
    spans.push(...secretSpans(decoded.text).map(({ start, end }) => ({ start: offsets[start]!, end: offsets[end]! })));
    const again = decodedOnce(decoded.text);
    decoded = again && { text: again.text, offsets: again.offsets.map((offset) => offsets[offset]!) };
  }
  return spans;
}

/** A text, and where in another each of its characters came from. */
interface Decoded {
  text: string;
  /** Offset in the original of each UTF-16 unit, and of the end. */
  offsets: Uint32Array;
}

/** ASCII, percent-encoded or escaped as in JSON: `%3A`, `\u003d`, `\/`. */
const ENCODED = /%[0-7][0-9a-f]|\\u00[0-7][0-9a-f]|\\\//gi;

/**
 * Returns the text with percent-encoded and escaped ASCII decoded once; undefined if there is none. Other characters stay
 * as they are: the patterns of secrets are ASCII.
 */
function decodedOnce(text: string): Decoded | undefined {
  if (text.search(ENCODED) < 0) return undefined;
  const offsets = new Uint32Array(text.length + 1);
  let decoded = '';
  let from = 0;
  const take = (to: number) => {
    for (let i = from; i < to; i += 1) offsets[decoded.length + i - from] = i;
    decoded += text.slice(from, to);
  };
  for (const { index, 0: code } of text.matchAll(ENCODED)) {
    take(index);
    offsets[decoded.length] = index;
    decoded += code === '\\/' ? '/' : String.fromCharCode(Number.parseInt(code.slice(-2), 16));
    from = index + code.length;
  }
  take(text.length);
  offsets[decoded.length] = text.length;
  return { text: decoded, offsets };
}

function spansOf(text: string, { pattern, isSecret }: SecretPattern): Span[] {
  // Nearly always; `matchAll` copies the pattern first.
  if (text.search(pattern) < 0) return [];
  return [...text.matchAll(pattern)].flatMap(({ index, 0: found, groups }) =>
    isSecret && !isSecret(found) ? [] : [{ start: index + (groups?.keep?.length ?? 0), end: index + found.length }],
  );
}

/** In order, those that touch as one. */
function merged(spans: readonly Span[]): Span[] {
  const joined: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.start - b.start)) {
    const last = joined.at(-1);
    if (last && span.start <= last.end) last.end = Math.max(last.end, span.end);
    else joined.push({ ...span });
  }
  return joined;
}

/**
 * Random base64 falls into many short runs of capitals, small letters and digits; names and paths consist of words, and
 * hashes in hex have letters of one case.
 */
function looksRandom(text: string): boolean {
  const words = text.match(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+/g) ?? [];
  return words.length >= 12 && /[A-Z]/.test(text) && /[a-z]/.test(text) && /\d/.test(text);
}
