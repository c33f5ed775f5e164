import { Argument as CommanderArgument, Option } from 'commander';
import parseDuration from 'parse-duration';
import {
  type BooleanCriterion,
  booleanCriterion,
  type GivenCriteria,
  TEXT_CRITERIA,
  type TextCriterion,
  USUAL_WITHIN,
} from '../../shared/query/criteria-table.ts';
import { nearestNames } from '../../shared/query/near-names.ts';
import { type Argument, type Flag, type Flags, UsageError } from './command.ts';
import { SINCE } from './times.ts';

/** Sets more of a commander option. */
type Configure = (option: Option) => Option;

/** A flag with a value. */
export function value<T>(placeholder: string, says: string, configure: Configure = (option) => option): Flag<T> {
  return { options: (flag) => [configure(new Option(`${flag} ${placeholder}`.trimEnd(), says))] };
}

export const text = (placeholder: string, says: string, configure?: Configure) =>
  value<string | undefined>(placeholder, says, configure);

/** A flag that may be repeated; `<name...>` also takes several values at once. */
export const repeated = (placeholder: string, says: string, read: (value: string) => string = (given) => given) =>
  value<string[] | undefined>(placeholder, says, (option) =>
    option.argParser((given: string, before: string[] = []) => [...before, read(given)]),
  );

/** A flag without a value. */
export const toggle = (says: string, configure?: Configure) => value<true | undefined>('', says, configure);

/** A flag `--no-...`; the value is true unless it is given. */
export const unless = (says: string): Flag<boolean> => ({
  options: (flag) => [new Option(flag.replace('--', '--no-'), says)],
});

/** A whole number from 1. */
export const count = (says: string, usual: number) =>
  value<number>('<n>', says, (option) => option.default(usual).argParser(readCount));

/** A length of time, in milliseconds. @param usual the default, such as `30s` */
export const duration = (says: string, usual: string) =>
  value<number>('<time>', says, (option) => option.default(readDuration(usual), usual).argParser(readDuration));

/** `--format`. The first format is the default, on a terminal and elsewhere, and is for people; programs name another. */
export const format = <const F extends readonly [string, ...string[]]>(formats: F, says = 'how to print') =>
  value<F[number]>('<format>', says, (option) => choiceOf(formats)(option.default(formats[0])));

/** Accepts only these words. */
export const choiceOf = (choices: readonly string[]): Configure => {
  return (option) => option.choices(choices).argParser((given) => readChoice(choices, given));
};

const argument = (says: string, placeholder: (name: string) => string) => ({
  argument: (name: string) => new CommanderArgument(placeholder(name), says),
});
export const operand = (says: string): Argument<string> => argument(says, (name) => `<${name}>`);
export const operands = (says: string): Argument<string[]> => argument(says, (name) => `<${name}...>`);
export const anyOperands = (says: string): Argument<string[]> => argument(says, (name) => `[${name}...]`);

/** One of these words. */
export const choice = <const C extends readonly string[]>(choices: C, says: string): Argument<C[number]> => ({
  argument: (name) =>
    new CommanderArgument(`<${name}>`, says).choices(choices).argParser((given) => readChoice(choices, given)),
});

/** A flag without a value, and, if `false` says something, `--no-...` beside it. */
const either = (says: { true: string; false?: string }): Flag<boolean | undefined> => ({
  options: (flag) => [
    new Option(flag, says.true),
    ...(says.false === undefined ? [] : [new Option(flag.replace('--', '--no-'), says.false)]),
  ],
});

/** Puts flags under a heading of the help. */
export function inGroup<F extends Flags>(heading: string, flags: F): F {
  const grouped = Object.entries(flags).map(([name, { options }]) => [
    name,
    { options: (flag: string) => options(flag).map((option) => option.helpGroup(heading)) },
  ]);
  return Object.fromEntries(grouped) as F;
}

const texts = <Name extends TextCriterion>(...names: Name[]) =>
  Object.fromEntries(names.map((name) => [name, repeated('<value>', TEXT_CRITERIA[name].says)])) as Record<
    Name,
    Flag<string[] | undefined>
  >;

const booleans = <Name extends BooleanCriterion>(...names: Name[]) =>
  Object.fromEntries(names.map((name) => [name, either(booleanCriterion(name).says)])) as Record<
    Name,
    Flag<boolean | undefined>
  >;

/** A flag for each filter of events, in the order of the help. */
export const CRITERIA = {
  ...inGroup('What was done:', {
    ...texts('action', 'target'),
    ...booleans('changes'),
    ...texts('outcome', 'errorCode'),
    ...booleans('errors'),
    ...texts('param', 'eventName', 'eventSource', 'eventType', 'category'),
    ...booleans('readOnly'),
  }),
  ...inGroup('Who did it:', {
    ...texts('user', 'role', 'session', 'principal', 'principalType', 'accessKeyId'),
    ...booleans('mfa'),
  }),
  ...inGroup('Where, and from where:', texts('environment', 'account', 'region', 'sourceIp', 'userAgent')),
  ...inGroup('When:', {
    since: text('<time>', `from this time on: ${SINCE} 7d`),
    until: text('<time>', 'before this time'),
    around: text('<time>', `some minutes before and after this time: ${SINCE} 2h`),
    within: text('<length>', `how long before and after --around (default: ${USUAL_WITHIN})`),
  }),
  ...inGroup('What to leave out:', {
    exclude: repeated(
      '<name=value>',
      'leave out events with this value of a filter, such as user=jonas.weber; events without any value stay',
    ),
  }),
} satisfies Readonly<Record<keyof GivenCriteria, Flag<unknown>>>;

/** Accepts only values that match. @param expected `12 digits` */
export function matching(pattern: RegExp, expected: string): (value: string) => string {
  return (given) => {
    if (pattern.test(given)) return given;
    throw new UsageError(`Expected ${expected}.`);
  };
}

function readCount(given: string): number {
  return Number(matching(/^[1-9]\d{0,14}$/, 'a whole number from 1')(given));
}

/** A timer cannot wait much longer. */
const LONGEST_MS = 24 * 24 * 3600 * 1000;

/** Reads a length of time such as `30s` or `1h30m`, in milliseconds. */
function readDuration(given: string): number {
  const ms = /^\s*\d/.test(given) && /[a-z]\s*$/i.test(given) ? parseDuration(given) : null;
  if (ms !== null && ms >= 1_000 && ms <= LONGEST_MS) return ms;
  throw new UsageError('Expected a length of time from 1s to 24d, such as 30s or 1h30m.');
}

function readChoice(choices: readonly string[], given: string): string {
  if (choices.includes(given)) return given;
  const [nearest] = nearestNames(given, choices);
  throw new UsageError(
    `Allowed choices are ${choices.join(', ')}.${nearest === undefined ? '' : ` Did you mean ${nearest}?`}`,
  );
}
