const FULL = process.env.MWAA_TRAIL_SCALE === 'full';
/** Repeats what a failure printed: this seed and no other. */
const ONLY_SEED = process.env.MWAA_TRAIL_SEED;

/** How much a long test tries: little in `npm test`, all of it with MWAA_TRAIL_SCALE=full, as `npm run test:full` has it. */
export function scaled<T>(small: T, full: T): T {
  return FULL ? full : small;
}

/** How often a case runs that another seed repeats; the mutation tests ask for more than `npm test`. */
export const REPEATS = Number(process.env.MWAA_TRAIL_REPEATS ?? scaled(1, 50));

/** The seeds of `count` runs. */
export function seeds(count: number): number[] {
  return ONLY_SEED === undefined ? Array.from({ length: count }, (_, i) => 1_000 + i) : [Number(ONLY_SEED)];
}

/** The seed of generated input; a failure prints it. */
export const SEED = Number(ONLY_SEED ?? 20_261_123);

/** How much generated input the reader's tests read. */
export const SCALE = scaled(0.25, 12);

/** How long a test over generated input may take, in milliseconds, on a busy machine. */
export const TIME_LIMIT = 60_000 * scaled(1, 12);
