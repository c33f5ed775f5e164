/** How much generated input the reader's tests read: 1 in `npm test`, more in `npm run test:reader-full`. */
export const DOSE = Number(process.env.READER_DOSE ?? 1);

/** The seed of generated input; a failure prints it, and setting it repeats the run. */
export const SEED = Number(process.env.READER_SEED ?? 20_261_123);

/** How long a test over generated input may take, in milliseconds, on a busy machine. */
export const TIME_LIMIT = 60_000 * DOSE;

/** How many times more of what the HTTP API's tests do in `npm test`: 5 is the full dose. */
export const HTTP_DOSE = Number(process.env.HTTP_DOSE ?? 1);
