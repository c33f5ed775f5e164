import stringWidth from 'string-width';

/** How many columns of a terminal a text takes. */
export function textWidth(text: string): number {
  return stringWidth(text);
}

/** The text, or its beginning and `…` when it is wider than `width`. */
export function cutToWidth(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  return `${beginning(text, width - 1)}…`;
}

/** The text, or its beginning, `…`, and its end when it is wider than `width`. */
export function cutMiddle(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  const end = ending(text, Math.floor((width - 1) / 2));
  return `${beginning(text, width - 1 - textWidth(end))}…${end}`;
}

/** The text in pieces that are at most `width` wide; a piece has at least one character, even if that is wider. */
export function wrapToWidth(text: string, width: number): string[] {
  if (textWidth(text) <= width) return [text];
  const lines: string[] = [];
  let line = '';
  let taken = 0;
  for (const { segment } of CHARACTERS.segment(text)) {
    const wide = textWidth(segment);
    if (line !== '' && taken + wide > width) {
      lines.push(line);
      line = '';
      taken = 0;
    }
    line += segment;
    taken += wide;
  }
  return [...lines, line];
}

const CHARACTERS = new Intl.Segmenter();

function beginning(text: string, width: number): string {
  let end = 0;
  let taken = 0;
  for (const { segment } of CHARACTERS.segment(text)) {
    taken += textWidth(segment);
    if (taken > width) break;
    end += segment.length;
  }
  return text.slice(0, end);
}

function ending(text: string, width: number): string {
  let start = text.length;
  let taken = 0;
  for (const { segment } of [...CHARACTERS.segment(text)].reverse()) {
    taken += textWidth(segment);
    if (taken > width) break;
    start -= segment.length;
  }
  return text.slice(start);
}
