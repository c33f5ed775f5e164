import { createRequire, registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import Runtime from 'jest-runtime';
import { setGlobals } from './globals.mjs';

const require = createRequire(import.meta.url);

const GLOBALS = new URL('globals.mjs', import.meta.url).href;
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === '@jest/globals' ? { url: GLOBALS, format: 'module', shortCircuit: true } : next(specifier, context),
});

/** Where the test framework keeps its listeners, and what a test file says to `jest.setTimeout`. */
const [LISTENERS, TIMEOUT] = [Symbol.for('EVENT_HANDLERS'), Symbol.for('TEST_TIMEOUT_SYMBOL')];

/**
 * Loads test files as Node loads any module: types are stripped, and a worker process loads a module once for all of its test
 * files. Jest itself loads everything anew for each file, the AWS SDK included, into a context whose `Error` and `Promise` are
 * others than those of Node. So no module may keep what a test changes, and `jest.mock` has no effect.
 */
export default class extends Runtime {
  #testPath;

  constructor(...args) {
    super(...args);
    this.#testPath = args[6];
  }

  unstable_shouldLoadAsEsm() {
    return true;
  }

  unstable_importModule(path) {
    return import(pathToFileURL(path).href);
  }

  requireModule(path) {
    return require(path);
  }

  /** The test framework, anew for each test file: it keeps their tests. */
  requireInternalModule(path) {
    delete require.cache[path];
    delete globalThis[LISTENERS];
    return require(path);
  }

  setGlobalsForRuntime(globals) {
    super.setGlobalsForRuntime(globals);
    setGlobals(this.jestGlobals.cjsGlobals(this.#testPath));
  }

  /** Only needed in a context. */
  installGetBuiltinModule() {}

  teardown() {
    super.teardown();
    delete globalThis[TIMEOUT];
  }
}
