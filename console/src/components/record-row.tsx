import { memo, type ReactNode } from 'react';
import type { JsonNode } from '../../../shared/audit-event/json-text.ts';
import { displayText } from '../../../shared/render/display.ts';
import { canOpen, markedParts, sizeOf, type TreeItem } from '../lib/json-tree.ts';
import { counted } from '../lib/words.ts';

/** Longer values are cut off, unless somebody opens them. */
const LONG = 300;
/** Characters of a value that are ever shown: a browser takes seconds to lay out millions. */
const MOST = 100_000;
/** Levels that are indented; deeper rows stay readable below them. */
const MOST_INDENTED = 24;

interface RecordRowProps {
  item: TreeItem;
  /** Of the whole record. */
  text: string;
  isOpen: boolean;
  /** It is the one that Tab goes to. */
  isCurrent: boolean;
  /** What is to be marked; undefined: it does not match. */
  pattern: RegExp | undefined;
  onClick(): void;
}

/** One row of a record: a name, and a value or how much is below it. */
export const RecordRow = memo(
  function RecordRow({ item, text, isOpen, isCurrent, pattern, onClick }: RecordRowProps) {
    const { node, name, range, level, position, siblings } = item;
    const opens = opensAt(item);
    return (
      // biome-ignore lint/a11y/useKeyWithClickEvents: the tree handles the keys of all its rows
      <div
        role="treeitem"
        data-id={item.id}
        tabIndex={isCurrent ? 0 : -1}
        aria-level={level}
        aria-posinset={position}
        aria-setsize={siblings}
        aria-selected={isCurrent}
        aria-expanded={opens ? isOpen : undefined}
        className={`record-row${pattern ? ' found' : ''}`}
        style={{ paddingInlineStart: `${Math.min(level - 1, MOST_INDENTED) * 16 + 20}px` }}
        onClick={onClick}
      >
        {opens && <span className={`record-toggle${isOpen ? ' open' : ''}`} aria-hidden="true" />}
        {name !== undefined && (
          <>
            <span className="record-name">
              {marked(typeof name === 'number' ? String(name) : nameText(name), pattern)}
            </span>
            {': '}
          </>
        )}
        {range === undefined ? (
          <RowValue node={node} text={text} isOpen={isOpen} pattern={pattern} />
        ) : (
          <span className="record-summary">{`${shown(range[0])} to ${shown(range[1] - 1)}`}</span>
        )}
      </div>
    );
  },
  // The click is about the same item.
  (before, after) =>
    before.item.id === after.item.id &&
    before.text === after.text &&
    before.isOpen === after.isOpen &&
    before.isCurrent === after.isCurrent &&
    before.pattern === after.pattern,
);

/** Whether a row can be opened: it has others below it, or more text than is shown. */
export function opensAt(item: TreeItem): boolean {
  return canOpen(item) || item.node.end - item.node.start > LONG;
}

interface RowValueProps {
  node: JsonNode;
  text: string;
  isOpen: boolean;
  pattern: RegExp | undefined;
}

function RowValue({ node, text, isOpen, pattern }: RowValueProps) {
  if (node.kind === 'object' || node.kind === 'array') {
    const [brackets, what] = node.kind === 'object' ? ['{}', 'member'] : ['[]', 'element'];
    const size = sizeOf(node);
    return <span className="record-summary">{size === 0 ? brackets : counted(size, what)}</span>;
  }
  const written = text.slice(node.start, node.end);
  const limit = isOpen ? MOST : LONG;
  const start = written.length <= limit ? 0 : startOfPart(written, limit, pattern);
  const part = written.slice(start, start + limit);
  const left = written.length - part.length;
  return (
    <span className={node.kind === 'string' ? 'record-string' : 'record-literal'}>
      {start > 0 && '… '}
      {marked(displayText(part), pattern)}
      {left > 0 && <span className="record-summary">{` … ${counted(left, 'more character')}`}</span>}
    </span>
  );
}

/** Where the shown part of a long value begins: at its beginning, or a little before its first match. */
function startOfPart(written: string, limit: number, pattern: RegExp | undefined): number {
  const match = pattern === undefined ? -1 : written.search(pattern);
  return match < limit ? 0 : match - 40;
}

function marked(text: string, pattern: RegExp | undefined): ReactNode {
  // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text have no other identity
  return markedParts(text, pattern).map((part, i) => (part.marked ? <mark key={i}>{part.text}</mark> : part.text));
}

/** A member's name without its quotes, unless it could be mistaken without them. */
const nameText = (name: string) => displayText(name === '' ? '""' : name);

const shown = (count: number) => count.toLocaleString('en-US');
