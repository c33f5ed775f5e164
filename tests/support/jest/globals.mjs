/** What stands for `@jest/globals` (runtime.mjs): bindings that follow the test file that runs, also in modules that stay loaded. */
export let [afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test] = [];

/** Begins a test file. */
export function setGlobals(globals) {
  ({ afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } = globals);
}
