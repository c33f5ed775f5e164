/**
 * Text that is safe on a terminal: control characters, line breaks, and characters that reorder or hide text are written
 * as JSON escapes.
 */
export function displayText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (character) =>
    character.split('').map(escapeUnit).join(''),
  );
}

/** `\u202e`, for one UTF-16 unit. */
function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
