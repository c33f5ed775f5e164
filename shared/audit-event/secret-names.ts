/** Words that mean a secret anywhere in a name. */
const WORDS = 'passw(?:or)?d|passphrase|passcode|secret|(?:private|api|access|account)[-_ ]?key';

/** The words that a value may follow in running text, as the source of a case-insensitive pattern. */
export const SECRET_WORD = `(?:${WORDS}|fernet[-_ ]?key|pwd|token|signature)`;

const SECRET_NAME = new RegExp(
  [
    WORDS,
    'authorization|cookie|fernet|(?:^|[-_. ])pwd|(?:^|[-_. ])(?:pass|pw)$',
    '(?:conn|connection)[-_ ]?(?:string|ur[il])$|sql_?alchemy_?conn$|web_?hook(?:[-_ ]?(?:ur[il]|address))?$',
    // Tokens, but not how many, nor those that only say where a list goes on or that a request is the same.
    '(?:[-_. ]|(?<!next|page|pagination|continuation|starting|request|client|idempotency|upload|max|min|num|total|count))tokens?$',
  ].join('|'),
  'i',
);

/** The name, ARN or ID of a secret is not secret. */
const REFERENCE_NAME = /(?:arn|id|name|version|type)s?$/i;

/** Whether the name of a member, a parameter or a tag says that its value is a secret. */
export function namesSecret(name: string): boolean {
  return SECRET_NAME.test(name) && !REFERENCE_NAME.test(name);
}
