import { once } from 'node:events';

/** Writes to standard output at the pace of whoever reads it. */
export async function writeOut(text: string | Uint8Array): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}

/** Writes a JSON array of any length, an element a line. */
export async function writeJsonList<T>(items: AsyncIterable<T>, toJson: (item: T) => string): Promise<void> {
  let separator = '[\n';
  for await (const item of items) {
    await writeOut(separator + toJson(item));
    separator = ',\n';
  }
  await writeOut(separator === '[\n' ? '[]\n' : '\n]\n');
}
