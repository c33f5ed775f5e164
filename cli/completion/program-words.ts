import type { Command } from 'commander';
import { type CommandWords, wordsOf } from './words.ts';

/**
 * The words of every command. The built program has them inside, and loads no command for them: shells ask for them whenever they
 * start.
 */
export async function programWords(programFor: () => Promise<Command>): Promise<CommandWords[]> {
  return wordsOf(await programFor());
}
