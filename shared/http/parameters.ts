import * as z from 'zod/mini';
import {
  BOOLEAN_CRITERION_NAMES,
  type BooleanCriterion,
  booleanCriterion,
  TEXT_CRITERIA,
  type TextCriterion,
  USUAL_WITHIN,
} from '../query/criteria-table.ts';
import { oneOf } from '../query/near-names.ts';
import type { Target } from './messages.ts';
import { Problem } from './problem.ts';

/** A parameter of an operation: it is read, checked and described from this. */
export interface Parameter<Value = unknown> {
  in: 'path' | 'query';
  description: string;
  /**
   * Reads the list of texts that the request has for it. Its errors say what is expected; the OpenAPI document shows the JSON
   * Schema of its output.
   */
  schema: z.ZodMiniType<Value>;
}

/** Parameters by name. */
export type Parameters = Readonly<Record<string, Parameter>>;

/** What was read of each parameter. */
export type Values<P extends Parameters> = { [Name in keyof P]: z.output<P[Name]['schema']> };

const nonEmpty = () => z.string().check(z.minLength(1, 'a text that is not empty'));

/** A schema of the one text that a parameter has; undefined if the request has none. */
type OfText<Value> = z.core.$ZodType<Value, string | undefined>;

/** The schema of a parameter that is given at most once. */
const single = <Value>(schema: OfText<Value>) => {
  const list = z.array(z.string()).check(z.maxLength(1, 'one value'));
  const first = z.transform((texts: string[]): string | undefined => texts[0]);
  return z.pipe(z.pipe(list, first), schema);
};

/** A placeholder of the path. */
export const pathParameter = (description: string) => ({
  in: 'path' as const,
  description,
  schema: single(nonEmpty() as OfText<string>),
});

/** A parameter of the query that must be given `min` to `max` times. */
export const requiredList = (description: string, min: number, max: number) => {
  const expectation = `${min} to ${max} values`;
  return {
    in: 'query' as const,
    description,
    schema: z.array(nonEmpty()).check(z.minLength(min, expectation), z.maxLength(max, expectation)),
  };
};

/** A parameter of the query that must be given once, as one of a closed set. */
export const requiredChoice = <Value extends string>(description: string, values: readonly Value[]) => ({
  in: 'query' as const,
  description,
  schema: single(choice(values) as OfText<Value>),
});

/** A parameter of the query that is one of a closed set. */
export const optionalChoice = <Value extends string>(description: string, values: readonly Value[], byDefault: Value) =>
  optional(description, z._default(choice(values), byDefault as never) as OfText<Value>);

/** One of a closed set. The error lists the set, and suggests the nearest. */
const choice = <Value extends string>(values: readonly Value[]) =>
  z.enum(values as [Value, ...Value[]], { error: ({ input }) => oneOf(values, String(input)) });

/** @param values all that there are, if they are known */
export const optionalList = (description: string, values?: readonly string[]) => {
  const one: z.ZodMiniType<string, string> = values === undefined ? nonEmpty() : choice(values);
  const given = z.transform((list: string[]) => (list.length === 0 ? undefined : list));
  return {
    in: 'query' as const,
    description,
    schema: z.pipe(z.pipe(z.array(z.string()), given), z.optional(z.array(one))),
  };
};

const optional = <Value>(description: string, schema: OfText<Value>) => ({
  in: 'query' as const,
  description,
  schema: single(schema),
});

const wholeNumber = (min: number, max: number, byDefault: number) => {
  const expectation = `a whole number from ${min} to ${max}`;
  const digits = z._default(z.string().check(z.regex(/^\d{1,9}$/, expectation)), String(byDefault));
  const number = z.int().check(z.minimum(min, expectation), z.maximum(max, expectation));
  // For the OpenAPI document: the default above applies to the text.
  number.register(z.globalRegistry, { default: byDefault });
  return z.pipe(z.pipe(digits, z.transform(Number)), number);
};

/** A number that the request may leave out. */
export const count = (description: string, min: number, max: number, byDefault: number) =>
  optional(description, wholeNumber(min, max, byDefault));

const trueOrFalse = () => {
  const texts = z.optional(z.enum(['true', 'false'], 'true or false'));
  const value = z.transform((text: 'true' | 'false' | undefined) => (text === undefined ? text : text === 'true'));
  return z.pipe(z.pipe(texts, value), z.optional(z.boolean()));
};

/** Events on a page if the request does not say. */
const PAGE_SIZE = 50;
const ORDERS = ['newest-first', 'oldest-first'] as const;

export const PAGE_PARAMETERS = {
  limit: count(
    'maximum number of events; a page may have fewer if more would cost too much to find, or take too long',
    1,
    100,
    PAGE_SIZE,
  ),
  order: optionalChoice('which events come first', ORDERS, 'newest-first'),
  cursor: optional('the next page of an earlier answer; repeat its other parameters', z.optional(z.string())),
};

/** A time as people write it; `openQuestion` and its like read it. */
export const timeParameter = (description: string) => optional(description, z.optional(z.string()));

/** The forms of a time. */
export const A_TIME = 'ISO 8601, in UTC unless it has an offset, or an age such as 7d';

/** The values that are read are `Criteria` as given. */
export const CRITERIA_PARAMETERS = {
  ...(Object.fromEntries(
    Object.entries(TEXT_CRITERIA).map(([name, { says, values }]) => [name, optionalList(says, values)]),
  ) as Record<TextCriterion, ReturnType<typeof optionalList>>),
  ...(Object.fromEntries(
    BOOLEAN_CRITERION_NAMES.map((name) => {
      const { says } = booleanCriterion(name);
      const ifFalse = says.false === undefined ? '' : `; false: ${says.false}`;
      return [name, optional(`true: ${says.true}${ifFalse}`, trueOrFalse())];
    }),
  ) as Record<BooleanCriterion, ReturnType<typeof optional<boolean | undefined>>>),
  exclude: optionalList(
    'NAME=VALUE of a criterion, such as user=jonas.weber: no events with this value; events without any value stay',
  ),
  since: timeParameter(`from this time on: ${A_TIME}`),
  until: timeParameter('before this time'),
  around: timeParameter('some minutes before and after this time'),
  within: optional(`how long before and after around, such as ${USUAL_WITHIN}`, z.optional(z.string())),
};

/** @throws {Problem} that names the first parameter that is unknown, repeated, missing, or not as its schema says */
export function readValues<P extends Parameters>(
  parameters: P,
  pathValues: Readonly<Record<string, string>>,
  { query }: Pick<Target, 'query'>,
): Values<P> {
  const texts = new Map(Object.entries(pathValues).map(([name, value]) => [name, [value]]));
  for (const [name, value] of query) {
    if (!Object.hasOwn(parameters, name) || parameters[name]!.in !== 'query') {
      throw new Problem('bad-parameter', 'expected only parameters of this path', shortened(name));
    }
    texts.set(name, [...(texts.get(name) ?? []), value]);
  }
  const values = Object.entries(parameters).map(([name, { schema }]) => [name, read(name, schema, texts.get(name))]);
  return Object.fromEntries(values) as Values<P>;
}

function read(name: string, schema: z.ZodMiniType, texts: readonly string[] = []): unknown {
  const result = schema.safeParse(texts);
  if (result.success) return result.data;
  throw new Problem('bad-parameter', `${name}: expected ${result.error.issues[0]!.message}`, name);
}

/** The beginning of a name, which may be anything. */
function shortened(name: string): string {
  return name.toWellFormed().slice(0, 100).toWellFormed();
}
