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

/** Names that speak of a secret, up to what separates them from it. */
const SECRET_NAME = String.raw`(?:passw(?:or)?d|passphrase|pwd|secret|token|api[_-]?key|private[_-]?key|access[_-]?key|signature)[\w-]{0,24}\\?["']?\s{0,3}`;

const PATTERNS: readonly SecretPattern[] = [
  { pattern: /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g },
  // JSON Web Token: MWAA's CLI and web login tokens among them.
  { pattern: /(?<![\w-])eyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*)?/g },
  // Session token of temporary AWS credentials.
  { pattern: /(?<![\w+/=-])(?:IQoJb3JpZ2lu|FwoG|FQoG)[\w+/=-]{60,}/g },
  // AWS secret access key: 40 characters of base64, nothing else to tell it by.
  { pattern: /(?<![\w+/=-])[A-Za-z0-9+/]{40}(?![\w+/=-])/g, isSecret: looksRandom },
  // Fernet key (Airflow's own) and other 32-byte keys in base64.
  { pattern: /(?<![\w+/=-])[\w+/-]{43}=(?![\w=])/g, isSecret: looksRandom },
  { pattern: /(?<![\w=-])gAAAA[\w=-]{60,}/g },
  {
    pattern: /(?<keep>\b(?:Bearer|Basic)\s{1,4})[\w+/=.~-]{8,}/gi,
    isSecret: (found) => found.length > 22 || /\d|[a-z][A-Z]/.test(found),
  },
  // Authorization: SCHEME CREDENTIALS
  {
    pattern: /(?<keep>\bauthorization\\?["']?\s{0,3}[:=]\s{0,3}\\?["']?)[^\s"'\\,;]{1,500}(?:\s[^\s"'\\,;]{3,2000})?/gi,
    isSecret: (found) => !/[:=]\s{0,3}\\?["']?\*{3}/.test(found),
  },
  // Password in a URL: Airflow connections are written so.
  { pattern: /(?<keep>[a-z][a-z0-9+.-]{1,30}:\/\/[^\s/:@?#]{0,200}:)[^\s/]{1,500}(?=@)/gi },
  // password: "...", with all that stands between the quotes; a quote may be escaped, in JSON inside a string.
  {
    pattern: new RegExp(
      String.raw`(?<keep>${SECRET_NAME}[:=]\s{0,3}(?<quote>\\?["']))(?:(?!\k<quote>)(?:\\[^]|[^])){3,1000}`,
      'gi',
    ),
    isSecret: isOfSecret,
  },
  // password=..., X-Amz-Signature=... but not the action secretsmanager:GetSecretValue.
  {
    pattern: new RegExp(
      String.raw`(?<keep>${SECRET_NAME}(?:=\s{0,3}|:\s{1,3}))[^\s"'&,;<>(){}[\]\\][^\s"'&,;<>\\]{2,}`,
      'gi',
    ),
    isSecret: isOfSecret,
  },
  {
    pattern:
      /\b(?:gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_\w{22,255}|glpat-[\w-]{20,100}|xox[abeoprs]-[A-Za-z0-9-]{10,250}|AIza[\w-]{35}|sk_(?:live|test)_[A-Za-z0-9]{16,250}|npm_[A-Za-z0-9]{36}|hv[bs]\.[\w-]{20,250})/g,
  },
  // An environment may be called sk-analytics-production.
  { pattern: /\bsk-[\w-]{20,250}/g, isSecret: (found) => /[A-Za-z0-9]{20}/.test(found) && /\d/.test(found) },
];

const SHORTEST_SECRET = 8;

/** The text with everything in it that looks like a secret replaced by `***`; the same text when there is nothing. */
export function maskSecretsInText(text: string): string {
  if (text.length < SHORTEST_SECRET) return text;
  return PATTERNS.reduce(maskOne, text);
}

function maskOne(text: string, { pattern, isSecret }: SecretPattern): string {
  return text.replace(pattern, (found, ...rest) => {
    if (isSecret && !isSecret(found)) return found;
    const groups = rest.at(-1) as unknown as { keep?: string } | undefined;
    return `${typeof groups === 'object' ? (groups.keep ?? '') : ''}***`;
  });
}

/** The name, ARN or id of a secret is none; and what is masked already stays. */
function isOfSecret(found: string): boolean {
  return (
    !/^[\w-]*(?:arn|id|name|type|version)s?\\?["']?\s{0,3}[:=]/i.test(found) &&
    !/[:=]\s{0,3}\\?["']?\*{3}[)\]}>.]*$/.test(found)
  );
}

/**
 * Random base64 falls into many short runs of capitals, small letters and digits; names and paths consist of words, and
 * hashes in hex have letters of one case.
 */
function looksRandom(text: string): boolean {
  const words = text.match(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+/g) ?? [];
  return words.length >= 12 && /[A-Z]/.test(text) && /[a-z]/.test(text) && /\d/.test(text);
}
