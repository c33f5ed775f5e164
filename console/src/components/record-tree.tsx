import Button from '@cloudscape-design/components/button';
import Input from '@cloudscape-design/components/input';
import { type KeyboardEvent, useDeferredValue, useEffect, useMemo, useRef, useState } from 'react';
import { indentedJson, type JsonNode, parseJsonText } from '../../../shared/audit-event/json-text.ts';
import { displayText } from '../../../shared/render/display.ts';
import {
  itemsTo,
  openedUpTo,
  pathOf,
  rowsOf,
  search,
  searchPattern,
  type TreeItem,
  wholeOf,
} from '../lib/json-tree.ts';
import { CopyButton } from './copy.tsx';
import { opensAt, RecordRow } from './record-row.tsx';
import './record-tree.css';

/** Most rows that are open at the beginning, and after "Open all". */
const ROWS = { first: 150, all: 2_000 };

interface RecordTreeProps {
  /** Valid JSON text; digits and escapes are shown as written. */
  text: string;
  /** What the tree is called for those who do not see it. */
  label: string;
}

/**
 * A record as a tree, with a search and copies of all or parts of it. Arrow keys go up and down, open and close:
 * https://www.w3.org/WAI/ARIA/apg/patterns/treeview/
 */
export function RecordTree({ text, label }: RecordTreeProps) {
  const whole = useMemo(() => wholeOf(parseJsonText(text)), [text]);
  const [open, setOpen] = useState<ReadonlySet<string>>(() => openedUpTo(ROWS.first, whole));
  const rows = useMemo(() => rowsOf(whole, open), [whole, open]);
  const [currentId, setCurrentId] = useState<string>();
  const current = rows.find(({ id }) => id === currentId) ?? rows[0];
  const list = useRef<HTMLDivElement>(null);
  const elementOf = (id: string) => list.current?.querySelector<HTMLElement>(`[data-id="${id}"]`);

  const [query, setQuery] = useState('');
  const sought = useDeferredValue(query);
  const pattern = useMemo(() => searchPattern(sought), [sought]);
  const found = useMemo(() => (pattern ? search(text, whole.node, pattern) : []), [text, whole, pattern]);
  const foundIds = useMemo(() => new Set(found.map(String)), [found]);
  const [at, setAt] = useState(0);
  const goTo = (index: number) => {
    const next = found.length === 0 ? 0 : (index + found.length) % found.length;
    setAt(next);
    const start = found[next];
    if (start === undefined) return;
    const path = itemsTo(whole, start);
    setOpen((before) => new Set([...before, ...path.slice(0, -1).map(({ id }) => id)]));
    setCurrentId(path.at(-1)?.id);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: another search begins at its first match
  useEffect(() => goTo(0), [found]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: its element appears with the rows
  useEffect(() => {
    if (currentId !== undefined) elementOf(currentId)?.scrollIntoView({ block: 'nearest' });
  }, [currentId, rows]);

  const toggle = (item: TreeItem, isOpen = !open.has(item.id)) => {
    setOpen((before) => {
      const after = new Set(before);
      if (isOpen) after.add(item.id);
      else after.delete(item.id);
      return after;
    });
  };
  const toggleIfOpens = (item: TreeItem) => {
    if (opensAt(item)) toggle(item);
  };
  const focus = (item: TreeItem | undefined) => {
    if (item === undefined) return;
    setCurrentId(item.id);
    elementOf(item.id)?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (current === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    const index = rows.indexOf(current);
    const isOpen = open.has(current.id);
    const actions: Readonly<Record<string, () => void>> = {
      ArrowDown: () => focus(rows[index + 1]),
      ArrowUp: () => focus(rows[index - 1]),
      Home: () => focus(rows[0]),
      End: () => focus(rows.at(-1)),
      ArrowRight: () => {
        if (isOpen) focus(rows[index + 1]);
        else if (opensAt(current)) toggle(current, true);
      },
      ArrowLeft: () => {
        if (isOpen) toggle(current, false);
        else if (current.level > 1) focus(current.parent);
      },
      Enter: () => toggleIfOpens(current),
      ' ': () => toggleIfOpens(current),
    };
    const action = actions[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  };

  const indented = useMemo(() => indentedJson(text), [text]);
  const path = current === undefined ? '' : pathOf(current);
  const node = current?.node;
  const value = useMemo(() => (node === undefined ? '' : valueText(text, node)), [text, node]);

  return (
    <div className="record">
      <div className="record-bar">
        <div className="record-search">
          <Input
            type="search"
            value={query}
            placeholder="Find names and values"
            ariaLabel={`Find in ${label}`}
            onChange={({ detail }) => setQuery(detail.value)}
            onKeyDown={({ detail }) => {
              if (detail.key === 'Enter' && found.length > 0) goTo(detail.shiftKey ? at - 1 : at + 1);
            }}
          />
        </div>
        <Button
          iconName="angle-up"
          variant="icon"
          ariaLabel="Previous match"
          disabled={found.length === 0}
          onClick={() => goTo(at - 1)}
        />
        <Button
          iconName="angle-down"
          variant="icon"
          ariaLabel="Next match"
          disabled={found.length === 0}
          onClick={() => goTo(at + 1)}
        />
        <span className="record-count" aria-live="polite">
          {pattern && (found.length === 0 ? 'No match' : `${shown(at + 1)} of ${shown(found.length)}`)}
        </span>
        <Button onClick={() => setOpen(openedUpTo(ROWS.all, whole))}>Open all</Button>
        <Button onClick={() => setOpen(new Set())}>Close all</Button>
        <CopyButton what="record" text={indented} />
      </div>
      <div ref={list} role="tree" tabIndex={-1} aria-label={label} className="record-rows code" onKeyDown={onKeyDown}>
        {rows.map((item) => (
          <RecordRow
            key={item.id}
            item={item}
            text={text}
            isOpen={open.has(item.id)}
            isCurrent={item.id === current?.id}
            pattern={foundIds.has(item.id) ? pattern : undefined}
            onClick={() => {
              focus(item);
              // Somebody who marks a part of a text to copy it does not open it.
              if (String(getSelection()) === '') toggleIfOpens(item);
            }}
          />
        ))}
      </div>
      {current && (
        <div className="record-current">
          <span className="record-path code">{displayText(path)}</span>
          <CopyButton what="path" text={path} />
          <CopyButton what="value" text={value} />
        </div>
      )}
    </div>
  );
}

/** A value to paste elsewhere: a string without quotes and escapes, all others as JSON text. */
function valueText(text: string, node: JsonNode): string {
  const { start, end } = node;
  return node.kind === 'string' ? node.value : indentedJson(text.slice(start, end));
}

const shown = (count: number) => count.toLocaleString('en-US');
