import { useSingleTabStopNavigation } from '@cloudscape-design/component-toolkit/internal';
import Link from '@cloudscape-design/components/link';
import { type ReactNode, type RefObject, useRef } from 'react';
import type { TextCriterion } from '../../../shared/query/criteria-table.ts';
import { displayText } from '../../../shared/render/display.ts';
import { labelOf } from '../lib/criteria.ts';
import { navigate } from '../lib/route.ts';
import './value.css';

/** Narrows the question to a value, or to all events without it. */
export interface Narrow {
  include(criterion: TextCriterion, value: string): void;
  exclude(criterion: TextCriterion, value: string): void;
}

interface ValueProps extends Narrow {
  criterion: TextCriterion;
  /** As events have it; undefined: the event has none. */
  value: string | undefined;
  /** What is shown in its place. */
  children?: ReactNode;
}

/** A value of an event, with two small buttons that appear with the pointer or the focus: only these, and all but these. */
export function Value({ criterion, value, children, include, exclude }: ValueProps) {
  if (value === undefined) return <span>-</span>;
  const what = `${labelOf(criterion)} ${displayText(value)}`;
  return (
    <span className="value">
      <span className="value-text">{children ?? displayText(value)}</span>
      <span className="value-actions">
        <Action label={`Only ${what}`} onClick={() => include(criterion, value)}>
          +
        </Action>
        <Action label={`Without ${what}`} onClick={() => exclude(criterion, value)}>
          −
        </Action>
      </span>
    </span>
  );
}

/** In a table, the arrow keys reach it; the key Tab passes a table in one step. */
function Action({ label, onClick, children }: { label: string; onClick(): void; children: ReactNode }) {
  const button = useRef<HTMLButtonElement>(null);
  // Its types are those of React 18, whose references leave out null.
  const { tabIndex } = useSingleTabStopNavigation(button as RefObject<HTMLButtonElement>);
  return (
    <button
      ref={button}
      type="button"
      className="value-action"
      tabIndex={tabIndex}
      title={label}
      aria-label={label}
      onClick={onClick}
    >
      {children}
    </button>
  );
}

/** A link to another page of the console. */
export function PageLink({ href, children }: { href: string; children: ReactNode }) {
  return (
    <Link
      href={href}
      onFollow={(event) => {
        event.preventDefault();
        navigate(href);
      }}
    >
      {children}
    </Link>
  );
}
