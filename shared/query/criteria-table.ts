import {
  type AttributeName,
  attributeNamed,
  attributesWhere,
  type EVENT_ATTRIBUTES,
} from '../audit-event/attributes.ts';

type Rows = typeof EVENT_ATTRIBUTES;
/** A criterion that takes texts, by the name of its parameter. */
export type TextCriterion = {
  [N in AttributeName]: Rows[N] extends { criterion: string }
    ? Rows[N] extends { parameter: infer Name extends string }
      ? Name
      : N
    : never;
}[AttributeName];

interface TextCriterionDefinition {
  /** The attribute that it is about. */
  attribute: AttributeName;
  matches: 'exact' | 'prefix' | 'address' | 'element';
  /** All values that an event can have; undefined if any text may be one. */
  values: readonly string[] | undefined;
  /** What the help and the OpenAPI document say of it. */
  says: string;
}

const HINTS = {
  exact: '',
  element: '',
  prefix: '; a final * makes it a prefix',
  address: '; a CIDR range such as 10.0.0.0/8 means all addresses in it',
};

/** The criteria that take texts: flags of the program and parameters of the HTTP API. */
export const TEXT_CRITERIA = Object.fromEntries(
  attributesWhere(({ criterion }) => criterion !== undefined).map((attribute) => {
    const { criterion: matches = 'exact', parameter = attribute, values, says } = attributeNamed(attribute);
    return [parameter, { attribute, matches, values, says: says + HINTS[matches] }];
  }),
) as Readonly<Record<TextCriterion, TextCriterionDefinition>>;
export const TEXT_CRITERION_NAMES = Object.keys(TEXT_CRITERIA) as TextCriterion[];

interface BooleanCriterionDefinition {
  /** The attribute that it is about. */
  attribute: AttributeName;
  /** The attribute's value in the events that are wanted; if there are none, it only has to have one. */
  values?: Readonly<Record<'true' | 'false', string | boolean>>;
  /** What the help and the OpenAPI document say of it. `false` of `errors` asks for nothing. */
  says: { true: string; false?: string };
}

/** The criteria that are true or false. */
const BOOLEAN_CRITERIA = {
  changes: {
    attribute: 'access',
    values: { true: 'write', false: 'read' },
    says: { true: 'only events that change something', false: 'only events that change nothing' },
  },
  errors: { attribute: 'errorCode', says: { true: 'only events with an error code' } },
  mfa: {
    attribute: 'mfa',
    values: { true: true, false: false },
    says: {
      true: 'only events with credentials that were issued with multi-factor authentication',
      false:
        'only events with credentials that were issued without it; CloudTrail says this of all federated sessions, such as from ' +
        'IAM Identity Center, and nothing of access keys of users',
    },
  },
  readOnly: {
    attribute: 'readOnly',
    values: { true: true, false: false },
    says: {
      true: 'only events that CloudTrail records as read-only',
      false: 'only events that CloudTrail does not record as read-only',
    },
  },
} as const satisfies Readonly<Record<string, BooleanCriterionDefinition>>;
export type BooleanCriterion = keyof typeof BOOLEAN_CRITERIA;
export const BOOLEAN_CRITERION_NAMES = Object.keys(BOOLEAN_CRITERIA) as BooleanCriterion[];
export const booleanCriterion = (name: BooleanCriterion): BooleanCriterionDefinition => BOOLEAN_CRITERIA[name];

/**
 * What to look for: events match every criterion, and any of its values, and none of `exclude`, each `NAME=VALUE` of a
 * criterion; events without the attribute stay. `since` is inclusive, `until` exclusive; both are as people write times, or,
 * from `readCriteria`, ISO 8601 in UTC with milliseconds.
 */
export type Criteria = Partial<Record<TextCriterion | 'exclude', readonly string[] | undefined>> &
  Partial<Record<BooleanCriterion, boolean | undefined>> &
  Period;

/** A part of the time: `since` inclusive, `until` exclusive. */
export type Period = Partial<Record<'since' | 'until', string | undefined>>;

/** Criteria as people give them. `around` with `within` before and after it is another way to say `since` and `until`. */
export type GivenCriteria = Criteria & Partial<Record<'around' | 'within', string | undefined>>;

/** `within`, if it is not given. */
export const USUAL_WITHIN = '10m';

/** The texts that `exclude` names, by criterion. @param exclude as `readCriteria` returns it */
export function exclusionsOf({ exclude = [] }: Criteria): Map<TextCriterion, string[]> {
  const pairs = exclude.map((text) => splitExclusion(text));
  return new Map(
    TEXT_CRITERION_NAMES.flatMap((name) => {
      const values = pairs.flatMap((pair) => (pair.name === name ? [pair.value] : []));
      return values.length === 0 ? [] : [[name, values] as const];
    }),
  );
}

/** `NAME=VALUE`. A flag's name, such as `event-name`, stands for the criterion `eventName`. */
export function splitExclusion(text: string): { name: string; value: string } {
  const [given = '', ...rest] = text.split('=');
  return { name: given.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()), value: rest.join('=') };
}

/** The values that all events have in common. */
export type FixedAttributes = Readonly<Partial<Record<AttributeName, string>>>;

/** Returns what all events that meet the criteria have in common. */
export function fixedAttributes(criteria: Criteria): FixedAttributes {
  const fixed = TEXT_CRITERION_NAMES.flatMap((name) => {
    const [value, ...others] = criteria[name] ?? [];
    const { attribute, matches } = TEXT_CRITERIA[name];
    const isFixed = value !== undefined && others.length === 0 && matches !== 'element';
    return isFixed && !isPrefix(name, value) && !isRange(name, value) ? [[attribute, value]] : [];
  });
  return Object.fromEntries(fixed);
}

/** Whether a value matches all texts that begin with what precedes its final `*`. */
export function isPrefix(name: TextCriterion, value: string): boolean {
  return TEXT_CRITERIA[name].matches === 'prefix' && value.endsWith('*');
}

/** Whether a value matches all addresses in it. */
export function isRange(name: TextCriterion, value: string): boolean {
  return TEXT_CRITERIA[name].matches === 'address' && value.includes('/');
}

/** The flag of a criterion, or of another value: `--event-name` of `eventName`. */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
