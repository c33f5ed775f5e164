import { ModernFakeTimers } from '@jest/fake-timers';
import { ModuleMocker } from 'jest-mock';

/** The process as it is, without a context. What a test file has changed of it is as before when the next one begins. */
export default class {
  global = globalThis;
  moduleMocker = new ModuleMocker(globalThis);
  #before = { console, exit: process.exit, folder: process.cwd(), variables: { ...process.env } };

  constructor({ projectConfig }) {
    this.fakeTimersModern = new ModernFakeTimers({ config: projectConfig, global: globalThis });
  }

  getVmContext() {
    return null;
  }

  async setup() {}

  async teardown() {
    const { console, exit, folder, variables } = this.#before;
    this.fakeTimersModern.dispose();
    globalThis.console = console;
    process.exit = exit;
    process.chdir(folder);
    for (const name of Object.keys(process.env)) if (!(name in variables)) delete process.env[name];
    Object.assign(process.env, variables);
  }
}
