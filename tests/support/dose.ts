/** How much generated input the reader's tests read: 1 in `npm test`, more in `npm run test:reader-full`. */
export const DOSE = Number(process.env.READER_DOSE ?? 1);

/** The seed of generated input; a failure prints it, and setting it repeats the run. */
export const SEED = Number(process.env.READER_SEED ?? 20_261_123);

/** How much the tests under faults try: little in `npm test`, all of it in `npm run test:faults-full`. */
export function dose<T>(small: T, full: T): T {
  return process.env.MWAA_TRAIL_DOSE === 'full' ? full : small;
}

/** Repeats what a failure printed: this seed and no other. */
const ONLY_SEED = process.env.MWAA_TRAIL_SEED;

/** The seeds of `count` runs. */
export function seeds(count: number): number[] {
  return ONLY_SEED === undefined ? Array.from({ length: count }, (_, i) => 1_000 + i) : [Number(ONLY_SEED)];
}
