/**
 * Text that is safe on a terminal: control characters, line breaks, and characters that reorder or hide text are written
 * as JSON escapes.
 */
export function displayText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (character) =>
    character.split('').map(escapeUnit).join(''),
  );
}

/** `2026-11-06 02:31:18`, UTC; the text itself when it is not a time as CloudTrail writes it. */
export function displayTime(time: string | undefined): string {
  const match = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(?:\.\d+)?Z$/.exec(time ?? '');
  return match ? `${match[1]} ${match[2]}` : displayText(time ?? '');
}

/** `\u202e`, for one UTF-16 unit. */
function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
