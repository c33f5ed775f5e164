import type { PropertyFilterProps } from '@cloudscape-design/components/property-filter';
import { ACTIONS } from '../../../shared/audit-event/actions.ts';
import type { TextCriterion } from '../../../shared/query/criteria-table.ts';
import { isTextCriterion } from './criteria.ts';

// Somebody who types or pastes a value into the filter need not say what it is.

/** Values that look like nothing else. Access keys: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html */
const FORMS: readonly (readonly [form: RegExp, criterion: TextCriterion])[] = [
  [/^\d{1,3}(\.\d{1,3}){3}(\/\d{1,2})?$/, 'sourceIp'],
  [/^[\da-f]*:[\da-f]*:[\da-f:.]*(\/\d{1,3})?$/i, 'sourceIp'],
  [/^A[KS]IA[A-Z\d]{12,}$/, 'accessKeyId'],
  [/^\d{12}$/, 'account'],
  [/^[a-z]{2}(-[a-z]+)+-\d$/, 'region'],
  [/(Exception|^AccessDenied)$/, 'errorCode'],
];

/**
 * The criterion that a value without one is most likely of: one that is known to have it, or whose values look like it, or the user.
 * @param known values of criteria
 */
export function criterionOfText(text: string, known: readonly PropertyFilterProps.FilteringOption[]): TextCriterion {
  const wanted = text.trim().toLowerCase();
  const exact = known.find(
    ({ propertyKey, value = '' }) => isTextCriterion(propertyKey) && value.toLowerCase() === wanted,
  );
  if (exact && isTextCriterion(exact.propertyKey)) return exact.propertyKey;
  if (Object.hasOwn(ACTIONS, wanted)) return 'action';
  return FORMS.find(([form]) => form.test(text.trim()))?.[1] ?? 'user';
}

const EVENT_ID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** The ID of an event, as CloudTrail makes them, that is all of a text; undefined: there is none. */
export function eventIdIn(text: string): string | undefined {
  return EVENT_ID.test(text.trim()) ? text.trim() : undefined;
}
