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
  // All cores: much of the time is waiting.
  maxWorkers: '100%',
  globalSetup: '<rootDir>/tests/support/global-setup.mjs',
  globalTeardown: '<rootDir>/tests/support/global-teardown.mjs',
  coverageProvider: 'v8',
  collectCoverageFrom: ['shared/**/*.ts', 'functions/**/*.ts', 'cli/**/*.ts', 'local/**/*.ts'],
};
