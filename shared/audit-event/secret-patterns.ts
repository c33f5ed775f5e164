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

const PATTERNS: readonly SecretPattern[] = [
  { pattern: /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g },
  // JSON Web Token: MWAA's CLI and web login tokens among them.
  { pattern: /(?<![\w-])eyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*)?/g },
  // Session token of temporary AWS credentials.
  { pattern: /(?<![\w+/=-])(?:IQoJb3JpZ2lu|FwoG|FQoG)[\w+/=-]{60,}/g },
  // AWS secret access key: 40 characters of base64, nothing else to tell it by.
  { pattern: /(?<![A-Za-z0-9+/=])[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/=])/g, isSecret: looksRandom },
  // Fernet key (Airflow's own) and other 32-byte keys in base64.
  { pattern: /(?<![\w+/=-])[\w+/-]{43}=(?![\w=])/g, isSecret: looksRandom },
  { pattern: /(?<![\w=-])gAAAA[\w=-]{60,}/g },
  {
    pattern: /(?<keep>\b(?:Bearer|Basic)\s{1,4})[\w+/=.~-]{8,}/gi,
    isSecret: (found) => found.length > 22 || /\d/.test(found),
  },
  // Password in a URL: Airflow connections are written so.
  { pattern: /(?<keep>[a-z][a-z0-9+.-]{1,30}:\/\/[^\s/:@?#]{0,200}:)[^\s/@]{1,500}(?=@)/gi },
  // password=..., "token": "...", X-Amz-Signature=... but not the action secretsmanager:GetSecretValue.
  {
    pattern:
      /(?<keep>(?:passw(?:or)?d|passphrase|pwd|secret|token|api[_-]?key|private[_-]?key|access[_-]?key|authorization|signature)[\w-]{0,24}\\?["']?\s{0,3}(?:=\s{0,3}\\?["']?|:\s{0,3}\\?["']|:\s{1,3}))[^\s"'&,;<>(){}[\]\\]{3,}/gi,
    isSecret: (found) => !/\*{3}$/.test(found),
  },
  {
    pattern:
      /\b(?:gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_\w{22,255}|glpat-[\w-]{20,100}|xox[abeoprs]-[A-Za-z0-9-]{10,250}|AIza[\w-]{35}|sk_(?:live|test)_[A-Za-z0-9]{16,250}|sk-[\w-]{20,250}|npm_[A-Za-z0-9]{36}|hv[bs]\.[\w-]{20,250})/g,
  },
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

/** Random base64 changes between upper case, lower case and digits all the time; names, paths and hashes in hex do not. */
function looksRandom(text: string): boolean {
  const classes = [...text].map((c) => (/[A-Z]/.test(c) ? 'A' : /[a-z]/.test(c) ? 'a' : '0')).join('');
  const changes = classes.replace(/(.)\1*/g, '$1').length - 1;
  return changes >= 16 && classes.includes('A') && classes.includes('a') && classes.includes('0');
}
