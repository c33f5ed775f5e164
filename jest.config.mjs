import { availableParallelism } from 'node:os';

/** @type {import('jest').Config} */
export default {
  runner: '<rootDir>/tests/support/jest/runner.mjs',
  runtime: '<rootDir>/tests/support/jest/runtime.mjs',
  testEnvironment: '<rootDir>/tests/support/jest/environment.mjs',
  setupFiles: ['<rootDir>/tests/support/fast-check.ts'],
  testMatch: ['<rootDir>/tests/**/*.test.ts'],
  transform: {},
  testSequencer: '<rootDir>/tests/support/jest/sequencer.mjs',
  // Generous, for busy machines: several tests read thousands of generated files.
  testTimeout: 30_000,
  // Tests often wait: one worker more than there are cores takes a fifth less time.
  maxWorkers: availableParallelism() + 1,
  globalSetup: '<rootDir>/tests/support/global-setup.mjs',
  globalTeardown: '<rootDir>/tests/support/global-teardown.mjs',
  coverageProvider: 'v8',
  collectCoverageFrom: ['shared/**/*.ts', 'functions/**/*.ts', 'cli/**/*.ts', 'local/**/*.ts'],
};
