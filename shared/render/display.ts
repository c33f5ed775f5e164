/** Characters that a terminal obeys, and those that reorder or hide text or cannot be seen. */
export const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/**
 * Text that is safe on a terminal and can be seen: control characters, line breaks, and characters that reorder or hide text
 * are written as JSON escapes; a text of only spaces is quoted.
 */
export function displayText(text: string): string {
  const visible = text.replace(HIDDEN, (character) => character.split('').map(escapeUnit).join(''));
  return /^[\p{Zs}\u2800]+$/u.test(visible) ? `"${visible}"` : visible;
}

/** `\u202e`, for one UTF-16 unit. */
function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** `1 log file`, `2 log files` */
export const counted = (count: number, one: string, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;
