import type { PropertyFilterProps } from '@cloudscape-design/components/property-filter';
import type { AttributeName } from '../../../shared/audit-event/attributes.ts';
import {
  BOOLEAN_CRITERION_NAMES,
  type BooleanCriterion,
  booleanCriterion,
  TEXT_CRITERIA,
  TEXT_CRITERION_NAMES,
  type TextCriterion,
} from '../../../shared/query/criteria-table.ts';
import { displayText } from '../../../shared/render/display.ts';

// The address of a page has the criteria of its question as the parameters of the HTTP API: `user=a&user=b&exclude=action=dag.list`. The
// filter shows the same as tokens.

/** The name of a criterion, as parameter and as property of the filter. */
export type Criterion = TextCriterion | BooleanCriterion;

/** Parameters that are criteria, but for the times. */
export const FILTER_PARAMETERS: readonly string[] = [...TEXT_CRITERION_NAMES, ...BOOLEAN_CRITERION_NAMES, 'exclude'];
/** Parameters of a question. */
export const QUESTION_PARAMETERS: readonly string[] = [...FILTER_PARAMETERS, 'since', 'until', 'around', 'within'];

const LABELS: Readonly<Record<string, string>> = {
  eventId: 'Event ID',
  eventName: 'Operation',
  param: 'Request parameter',
  sourceIp: 'Source IP address',
  accessKeyId: 'Access key',
  mfa: 'MFA',
  readOnly: 'Read-only',
  changes: 'Changes something',
  errors: 'Has an error code',
};

/** How people call a criterion, or an attribute that is none: `errorCode` is the *Error code*. */
export function labelOf(name: string): string {
  const words = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return LABELS[name] ?? words.charAt(0).toUpperCase() + words.slice(1);
}

/** Values are shown so that nothing in them hides. */
const OPERATORS = (['=', '!='] as const).map((operator) => ({ operator, format: displayText }));

/** The properties of the filter. @param without a criterion that the page has fixed */
export function filteringProperties(without: readonly Criterion[]): PropertyFilterProps.FilteringProperty[] {
  const texts = TEXT_CRITERION_NAMES.map((key) => ({ key, operators: OPERATORS }));
  const booleans = BOOLEAN_CRITERION_NAMES.map((key) => ({
    key,
    operators: [{ operator: '=' as const, format: (value: unknown) => (value === 'true' ? 'yes' : 'no') }],
  }));
  return [...texts, ...booleans]
    .filter(({ key }) => !without.includes(key))
    .map((property) => {
      const propertyLabel = labelOf(property.key);
      return { ...property, propertyLabel, groupValuesLabel: `${propertyLabel}: values` };
    });
}

/** The values that are known without asking. */
export const FIXED_OPTIONS: readonly PropertyFilterProps.FilteringOption[] = [
  ...TEXT_CRITERION_NAMES.flatMap((propertyKey) =>
    (TEXT_CRITERIA[propertyKey].values ?? []).map((value) => ({ propertyKey, value })),
  ),
  ...BOOLEAN_CRITERION_NAMES.flatMap((propertyKey) => [
    { propertyKey, value: 'true', label: 'yes' },
    ...(booleanCriterion(propertyKey).says.false === undefined ? [] : [{ propertyKey, value: 'false', label: 'no' }]),
  ]),
];

export const isTextCriterion = (name: string): name is TextCriterion => Object.hasOwn(TEXT_CRITERIA, name);

const CRITERION_OF = new Map<AttributeName, TextCriterion>(
  TEXT_CRITERION_NAMES.map((name) => [TEXT_CRITERIA[name].attribute, name]),
);

/** The criterion that finds events by an attribute; undefined: none. */
export const criterionOf = (attribute: AttributeName): TextCriterion | undefined => CRITERION_OF.get(attribute);

/** The tokens of a question: several values of a criterion are alternatives, everything else must hold. */
export function toQuery(params: URLSearchParams): PropertyFilterProps.Query {
  const wanted = [...TEXT_CRITERION_NAMES, ...BOOLEAN_CRITERION_NAMES].flatMap((propertyKey): Tokens[] => {
    const tokens = params.getAll(propertyKey).map((value) => ({ propertyKey, operator: '=' as const, value }));
    return tokens.length > 1 ? [{ operation: 'or', tokens }] : tokens;
  });
  const excluded = params.getAll('exclude').map((text): Tokens => {
    const [propertyKey = '', ...value] = text.split('=');
    return { propertyKey, operator: '!=', value: value.join('=') };
  });
  return { operation: 'and', tokens: [], tokenGroups: [...wanted, ...excluded] };
}

/** The texts of tokens without a property. */
export function bareTexts({ tokenGroups = [] }: PropertyFilterProps.Query): string[] {
  return tokenGroups
    .flatMap(tokensIn)
    .flatMap(({ propertyKey, value }) => (propertyKey == null ? [String(value)] : []));
}

/**
 * The parameters with other tokens; those that are no filters stay. The inverse of `toQuery`.
 * @param propertyOf says of which property a text without one is; undefined: it is left out
 */
export function withQuery(
  params: URLSearchParams,
  { tokenGroups = [] }: PropertyFilterProps.Query,
  propertyOf: (text: string) => Criterion | undefined = () => undefined,
): URLSearchParams {
  const changed = new URLSearchParams(params);
  for (const name of FILTER_PARAMETERS) changed.delete(name);
  for (const { propertyKey: named, operator, value } of tokenGroups.flatMap(tokensIn)) {
    const text = String(value ?? '').trim();
    const propertyKey = named ?? propertyOf(text);
    if (text === '' || propertyKey === undefined) continue;
    if (operator === '!=') addOnce(changed, 'exclude', `${propertyKey}=${text}`);
    else if (isTextCriterion(propertyKey)) addOnce(changed, propertyKey, text);
    // Of two answers to yes or no, the later one is meant.
    else changed.set(propertyKey, text);
  }
  return changed;
}

type Tokens = PropertyFilterProps.Token | PropertyFilterProps.TokenGroup;

function tokensIn(group: Tokens): PropertyFilterProps.Token[] {
  return 'tokens' in group ? group.tokens.flatMap(tokensIn) : [group];
}

function addOnce(params: URLSearchParams, name: string, value: string): void {
  if (!params.has(name, value)) params.append(name, value);
}

/** The question with one more value wanted, and no longer excluded. */
export function including(params: URLSearchParams, criterion: TextCriterion, value: string): URLSearchParams {
  const changed = new URLSearchParams(params);
  changed.delete('exclude', `${criterion}=${value}`);
  // Somebody who chooses a value from the events wants these alone.
  changed.delete(criterion);
  changed.append(criterion, value);
  return changed;
}

/** The question without the events that have a value. */
export function excluding(params: URLSearchParams, criterion: TextCriterion, value: string): URLSearchParams {
  const changed = new URLSearchParams(params);
  changed.delete(criterion, value);
  addOnce(changed, 'exclude', `${criterion}=${value}`);
  return changed;
}

/** What a question of a page is made of, and nothing else. */
export function questionOf(params: URLSearchParams): URLSearchParams {
  return new URLSearchParams([...params].filter(([name]) => QUESTION_PARAMETERS.includes(name)));
}
