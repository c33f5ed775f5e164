import {
  type RawCriteria,
  TEXT_CRITERIA,
  TEXT_CRITERION_NAMES,
  type TextCriterion,
  valuesOf,
} from '../query/criteria.ts';
import { oneOf } from '../query/near-names.ts';
import type { Order } from '../query/plan.ts';
import { Problem } from './problem.ts';
import type { HttpRequest } from './request.ts';

/** A parameter of an operation: it is read, checked and described from this. */
export interface Parameter {
  name: string;
  in: 'path' | 'query';
  says: string;
  /** JSON Schema of one value. */
  schema: ValueSchema;
  /** May be given more than once; how often, when there is a rule. */
  repeatable?: { min?: number; max?: number };
}

type ValueSchema =
  | { type: 'string'; minLength?: number; enum?: readonly string[]; default?: string }
  | { type: 'integer'; minimum: number; maximum: number; default: number }
  | { type: 'boolean' };

/** The texts given for each parameter of an operation; those that were not given are absent. */
export type Values = ReadonlyMap<string, readonly string[]>;

/** Events on a page, unless the request says. */
const PAGE_SIZE = 50;

export const PAGE_PARAMETERS: readonly Parameter[] = [
  {
    name: 'limit',
    in: 'query',
    says: 'events wanted; a page may have fewer when more would cost too much to find',
    schema: { type: 'integer', minimum: 1, maximum: 100, default: PAGE_SIZE },
  },
  {
    name: 'order',
    in: 'query',
    says: 'which events come first',
    schema: { type: 'string', enum: ['newest-first', 'oldest-first'], default: 'newest-first' },
  },
  {
    name: 'cursor',
    in: 'query',
    says: 'the next page of an earlier answer, whose other parameters are to be repeated',
    schema: { type: 'string' },
  },
];

export const CRITERIA_PARAMETERS: readonly Parameter[] = [
  ...TEXT_CRITERION_NAMES.map(
    (name): Parameter => ({
      name,
      in: 'query',
      says: TEXT_CRITERIA[name].says,
      schema: schemaOf(name),
      repeatable: {},
    }),
  ),
  { name: 'errors', in: 'query', says: 'true: only events with an error', schema: { type: 'boolean' } },
  {
    name: 'readOnly',
    in: 'query',
    says: 'true: only events that change nothing; false: only events that change something',
    schema: { type: 'boolean' },
  },
  {
    name: 'since',
    in: 'query',
    says: 'from this time on: ISO 8601 (UTC unless it has a zone), or an age such as 7d',
    schema: { type: 'string' },
  },
  { name: 'until', in: 'query', says: 'before this time', schema: { type: 'string' } },
];

function schemaOf(name: TextCriterion): ValueSchema {
  const values = valuesOf(name);
  return values === undefined ? { type: 'string', minLength: 1 } : { type: 'string', enum: values };
}

/** The criteria of a path that has named the environment itself. */
export const CRITERIA_IN_ENVIRONMENT = CRITERIA_PARAMETERS.filter(({ name }) => name !== 'environment');

/** @throws {Problem} that names the first parameter that is unknown, repeated, missing, or not as its schema says */
export function readValues(
  request: Pick<HttpRequest, 'query'>,
  pathValues: Readonly<Record<string, string>>,
  parameters: readonly Parameter[],
): Values {
  const values = new Map(Object.entries(pathValues).map(([name, value]) => [name, [value]]));
  const known = new Set(parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name));
  for (const [name, value] of request.query) {
    if (!known.has(name)) throw new Problem('bad-parameter', 'expected only parameters of this path', shortened(name));
    values.set(name, [...(values.get(name) ?? []), value]);
  }
  for (const parameter of parameters) check(parameter, values.get(parameter.name) ?? []);
  return values;
}

/** The criteria among the values. */
export function criteriaIn(values: Values): RawCriteria {
  const texts: Partial<Record<TextCriterion, readonly string[]>> = {};
  for (const name of TEXT_CRITERION_NAMES) {
    const list = values.get(name);
    if (list !== undefined) texts[name] = list;
  }
  const readOnly = only(values, 'readOnly');
  return {
    ...texts,
    errors: only(values, 'errors') === 'true',
    readOnly: readOnly === undefined ? undefined : readOnly === 'true',
    since: only(values, 'since'),
    until: only(values, 'until'),
  };
}

/** The page that is asked for among the values. */
export function pageIn(values: Values): { limit: number; order: Order; cursor: string | undefined } {
  return {
    limit: Number(only(values, 'limit') ?? PAGE_SIZE),
    order: only(values, 'order') === 'oldest-first' ? 'oldest-first' : 'newest-first',
    cursor: only(values, 'cursor'),
  };
}

/** The value of a parameter that is given at most once. */
export function only(values: Values, name: string): string | undefined {
  return values.get(name)?.[0];
}

function check({ name, schema, repeatable }: Parameter, values: readonly string[]): void {
  const wrong = (expectation: string) => new Problem('bad-parameter', `${name}: expected ${expectation}`, name);
  if (!repeatable && values.length > 1) throw wrong('one value');
  const { min = 0, max = Number.POSITIVE_INFINITY } = repeatable ?? {};
  if (values.length < min || values.length > max) throw wrong(`${min} to ${max} values`);
  for (const value of values) {
    const expectation = mismatch(schema, value);
    if (expectation !== undefined) throw wrong(expectation);
  }
}

/** What a schema expects of a text that it does not fit. */
function mismatch(schema: ValueSchema, text: string): string | undefined {
  if (schema.type === 'boolean') return text === 'true' || text === 'false' ? undefined : 'true or false';
  if (schema.type === 'string') {
    if (schema.enum && !schema.enum.includes(text)) return oneOf(schema.enum, text);
    return text.length >= (schema.minLength ?? 0) ? undefined : 'a text that is not empty';
  }
  const { minimum, maximum } = schema;
  const fits = /^\d{1,9}$/.test(text) && Number(text) >= minimum && Number(text) <= maximum;
  return fits ? undefined : `a whole number from ${minimum} to ${maximum}`;
}

/** Names come from outside; a problem shows their beginning. */
function shortened(name: string): string {
  return name.toWellFormed().slice(0, 100).toWellFormed();
}
