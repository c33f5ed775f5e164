import JestRunner from 'jest-runner';

/** With `--watch`, each run has new processes: one that stays has loaded the modules as they were. */
export default class extends JestRunner {
  runTests(tests, watcher, { serial, ...options }) {
    const { watch, watchAll } = this._globalConfig;
    return super.runTests(tests, watcher, { ...options, serial: serial && !watch && !watchAll });
  }
}
