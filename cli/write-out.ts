import { once } from 'node:events';

/** Writes to standard output at the pace of whoever reads it. */
export async function writeOut(text: string | Uint8Array): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}
