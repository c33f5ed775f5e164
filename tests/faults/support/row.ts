import { relative } from 'node:path';
import { expect, test } from '@jest/globals';
import { REPEATS, seeds } from '../../support/scale.ts';

/**
 * A row of the fault table as a test that runs with many seeds; a failure says with which, and how to repeat it.
 * @param name begins with the row's id
 */
export function row(name: string, run: (seed: number) => Promise<void>, count = REPEATS): void {
  test(
    name,
    async () => {
      for (const seed of seeds(count)) await withSeed(name, seed, () => run(seed));
    },
    30_000 + count * 5_000,
  );
}

/** Adds to a failure the command that repeats it. */
export async function withSeed(name: string, seed: number, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    const file = relative(process.cwd(), expect.getState().testPath ?? '');
    const command = `MWAA_TRAIL_SEED=${seed} npm test -- ${file} -t ${JSON.stringify(name)}`;
    if (error instanceof Error) error.message = `seed ${seed}; to repeat it: ${command}\n\n${error.message}`;
    throw error;
  }
}
