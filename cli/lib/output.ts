import { once } from 'node:events';
import type { Environment } from '../../shared/config.ts';
import { defined } from '../../shared/defined.ts';
import type { UserAliases } from '../../shared/query/user-aliases.ts';
import { displayText } from '../../shared/render/display.ts';
import { shellWord } from '../../shared/render/shell-word.ts';
import type { View } from '../../shared/render/view.ts';
import type { Context, Output } from './command.ts';
import { type TimeOptions, zoneOf } from './times.ts';

type Terminal = Pick<Output, 'isTTY' | 'columns' | 'hasColors'>;

/** How to print to a stream: with a terminal's width and colors, or whole and plain. */
export function viewOf(
  output: Terminal,
  env: Environment,
  options: TimeOptions,
  now: number,
  aliases?: UserAliases,
): View {
  return {
    ...defined({ width: (output.isTTY && output.columns) || undefined, aliases }),
    colour: hasColours(output, env),
    times: { kind: options.relative ? 'relative' : 'absolute', zone: zoneOf(options), now },
  };
}

/** https://no-color.org, https://force-color.org; the latter takes precedence. */
function hasColours(output: Terminal, env: Environment): boolean {
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  if (env.NO_COLOR) return false;
  return output.isTTY === true && output.hasColors?.({ ...env }) === true;
}

/** Writes, and waits for a slow reader. */
export async function write(output: Output, text: string | Uint8Array): Promise<void> {
  if (!output.write(text)) await once(output, 'drain');
}

export const jsonText = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

/** Writes a JSON array of any length, an element a line. */
export async function writeJsonList<T>(
  output: Output,
  items: AsyncIterable<T>,
  toJson: (item: T) => string,
): Promise<void> {
  let separator = '[\n';
  for await (const item of items) {
    await write(output, separator + toJson(item));
    separator = ',\n';
  }
  await write(output, separator === '[\n' ? '[]\n' : '\n]\n');
}

/** A table is aligned over this many rows at a time, so that memory is bounded. */
const TABLE_ROWS = 1_000;

/** Writes rows as a table of any length. @param toText aligns rows with those before */
export async function writeTable<T>(
  output: Output,
  rows: AsyncIterable<T>,
  toText: (rows: readonly T[]) => string,
): Promise<void> {
  for await (const batch of batches(rows, TABLE_ROWS)) await write(output, toText(batch));
}

/** The items in arrays of `size`, the last one shorter. */
export async function* batches<T>(items: AsyncIterable<T> | Iterable<T>, size: number): AsyncGenerator<T[]> {
  let batch: T[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** Prints a warning on standard error. */
export function warn({ err }: Pick<Context, 'err'>, message: string): void {
  err.write(`mwaa-trail: ${displayText(message)}\n`);
}

/** A command line to paste into a shell. Values are quoted if necessary; an object becomes JSON, a list of texts several words. */
export function shell(texts: TemplateStringsArray, ...values: readonly (string | object)[]): string {
  const words = values.map((value) => (isWords(value) ? value.map(shellWord).join(' ') : shellWord(textOf(value))));
  return String.raw({ raw: texts }, ...words);
}

const isWords = (value: string | object): value is string[] =>
  Array.isArray(value) && value.every((word) => typeof word === 'string');

const textOf = (value: string | object) => (typeof value === 'string' ? value : JSON.stringify(value));
