import { availableParallelism } from 'node:os';

/** @type {import('jest').Config} */
export default {
  testEnvironment: '<rootDir>/tests/support/environment.mjs',
  testMatch: ['<rootDir>/tests/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/tests/support/transform.mjs' },
  moduleNameMapper: { '^fast-check$': '<rootDir>/tests/support/fast-check.ts' },
  testSequencer: '<rootDir>/tests/support/sequencer.mjs',
  // Generous, for busy machines: several tests read thousands of generated files.
  testTimeout: 30_000,
  // More than cores: some of the time is waiting. Jest takes no percentage above 100.
  maxWorkers: Math.ceil(1.5 * availableParallelism()),
  globalSetup: '<rootDir>/tests/support/global-setup.mjs',
  globalTeardown: '<rootDir>/tests/support/global-teardown.mjs',
  coverageProvider: 'v8',
  collectCoverageFrom: ['shared/**/*.ts', 'functions/**/*.ts', 'cli/**/*.ts', 'local/**/*.ts'],
};
