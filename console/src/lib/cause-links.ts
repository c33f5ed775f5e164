import {
  BOOLEAN_CRITERION_NAMES,
  TEXT_CRITERION_NAMES,
  type TextCriterion,
} from '../../../shared/query/criteria-table.ts';
import type { LikelyCause } from '../../../shared/query/likely-causes.ts';
import { displayText } from '../../../shared/render/display.ts';
import { labelOf } from './criteria.ts';

/** A question that may have events, and what it asks. */
export interface Suggestion {
  text: string;
  params: URLSearchParams;
}

/** The questions that a likely cause suggests in place of one that has no events. */
export function suggestionsOf(cause: LikelyCause, params: URLSearchParams): Suggestion[] {
  switch (cause.kind) {
    case 'unknown-value': {
      const { criterion, value, nearest, elsewhere } = cause;
      return [
        ...nearest.map((near) => replacing(params, { criterion, value }, { criterion, value: near.value })),
        ...elsewhere.map((other) => replacing(params, { criterion, value }, { criterion: other, value })),
      ];
    }
    case 'other-identity':
      return [withoutUsers(params, { criterion: cause.criterion, value: cause.value })];
    case 'outside-times':
      return [widened(params, cause)];
    case 'no-combination':
      return withoutEach(params);
    default:
      return [];
  }
}

interface AskedValue {
  criterion: TextCriterion;
  value: string;
}

/** The question with another value in place of one; the other values of the criterion stay. */
function replacing(params: URLSearchParams, asked: AskedValue, wanted: AskedValue): Suggestion {
  const changed = new URLSearchParams(params);
  changed.delete(asked.criterion, asked.value);
  if (!changed.has(wanted.criterion, wanted.value)) changed.append(wanted.criterion, wanted.value);
  return { text: nameOf(wanted), params: changed };
}

/** The question by what a name really is, such as a role. */
function withoutUsers(params: URLSearchParams, wanted: AskedValue): Suggestion {
  const changed = new URLSearchParams(params);
  changed.delete('user');
  changed.set(wanted.criterion, wanted.value);
  return { text: nameOf(wanted), params: changed };
}

const nameOf = ({ criterion, value }: AskedValue) => `${labelOf(criterion)} = ${displayText(value)}`;

const TIMES = ['since', 'until', 'around', 'within'];

/** The question with a time that reaches to the nearest events; if one of them has no time, with all time. */
function widened(params: URLSearchParams, { before, after }: { before?: string; after?: string }): Suggestion {
  const changed = new URLSearchParams(params);
  const isKnown = [before, after].every((time) => time === undefined || !Number.isNaN(Date.parse(time)));
  if (!isKnown || params.has('around')) {
    for (const name of TIMES) changed.delete(name);
    return { text: 'Ask for all time', params: changed };
  }
  if (before !== undefined) changed.set('since', new Date(before).toISOString());
  // The end of a range does not belong to it.
  if (after !== undefined) changed.set('until', new Date(Date.parse(after) + 1000).toISOString());
  return { text: 'Widen the time to the nearest events', params: changed };
}

/** The question without one of its filters, for each that it has. */
function withoutEach(params: URLSearchParams): Suggestion[] {
  return FILTERS.filter((name) => params.has(name)).map((name) => {
    const changed = new URLSearchParams(params);
    changed.delete(name);
    return { text: `Leave out ${name === 'exclude' ? 'what is excluded' : labelOf(name)}`, params: changed };
  });
}

const FILTERS = [...TEXT_CRITERION_NAMES, ...BOOLEAN_CRITERION_NAMES, 'exclude'] as const;
