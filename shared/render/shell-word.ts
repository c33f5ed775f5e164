import { HIDDEN } from './display.ts';

/**
 * A word of a command line to paste into a shell, quoted unless every shell takes it as it is. Characters that nobody sees are
 * written as octal escapes of their bytes: a terminal could obey them when they are pasted, and run what follows.
 * `$'...'` is known to bash, zsh, ksh and, since 2024, POSIX.
 * https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_02_04
 */
export function shellWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  if (word.search(HIDDEN) < 0) return `'${word.replaceAll("'", `'\\''`)}'`;
  return `$'${word.replace(/[\\']/g, '\\$&').replace(HIDDEN, octal)}'`;
}

function octal(character: string): string {
  return Array.from(new TextEncoder().encode(character), (byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
}
