import { cutMiddle, cutToWidth, textWidth } from './table.ts';

// Cells of tables that are too wide, in one line of at most `width`: see `narrow` of a column.

/** The beginning of a name, without what only a machine knows it by: `ACCOUNT ROLE-ID:SESSION`, `DOMAIN\NAME`. */
export function narrowWho(name: string, width: number): string[] {
  const shorter = name.replace(/ A[0-9A-Z]{15,}:(?=.)/, ' ').replace(/^[^\\]+\\(?!u[0-9a-f]{4}|$)/, '…\\');
  return [cutToWidth(shorter, width)];
}

/** Both ends of a name or a path, where those that are alike differ. */
export const narrowName = (name: string, width: number): string[] => [cutMiddle(name, width)];

/** Both ends of a role's name; those of IAM Identity Center differ in the middle. */
export function narrowRole(role: string, width: number): string[] {
  return [cutMiddle(role.replace(/^AWSReservedSSO_(.+)_[0-9a-f]{16}$/, '…$1…'), width)];
}

/** What was done, and as much as there is room for of what it was done to; a list ends with the number of the others: `+3`. */
export function narrowWhat(what: string, width: number): string[] {
  const shorter = withoutNoise(what);
  if (textWidth(shorter) <= width) return [shorter];
  const names = shorter.split(', ');
  let fitting = cutToWidth(shorter, width);
  for (let count = 1; count < names.length; count += 1) {
    const some = `${names.slice(0, count).join(', ')} +${names.length - count}`;
    if (textWidth(some) > width) break;
    fitting = some;
  }
  return [fitting];
}

function withoutNoise(text: string): string {
  return NOISE.reduce((shorter, [pattern, replacement]) => shorter.replaceAll(pattern, replacement), text);
}

/** What identifies something to machines only, and what is left of it. */
const NOISE: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/\barn:[\w-]+:[\w-]+:[\w-]*:\d*:(?=\S)/g, ''],
  [/\b(?:assumed-role|federated-user)\/(?=\S)/g, ''],
  [/\b([0-9a-f]{8})[0-9a-f]{24,}\b/gi, '$1…'],
];

/** Narrower, the outcome stands alone: the beginning of a word or two gives no reason. */
const LEAST_REASON = 10;

export function narrowResult(result: string, width: number): string[] {
  const [outcome = ''] = result.split(': ', 1);
  return [cutToWidth(width < textWidth(outcome) + LEAST_REASON ? outcome : withoutNoise(result), width)];
}
