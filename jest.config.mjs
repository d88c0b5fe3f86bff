/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  roots: [
    '<rootDir>/bench',
    '<rootDir>/gateway',
    '<rootDir>/subgraphs',
    '<rootDir>/packages',
    '<rootDir>/tests',
  ],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/scripts/strip-types.mjs' },
  moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json', 'node'],
  prettierPath: null,
  testTimeout: 30_000,
  maxWorkers: 2,
  collectCoverageFrom: ['{gateway,packages/*,subgraphs/*}/src/**/*.ts', '!**/*.test.ts', '!**/*.contract.ts'],
  coverageReporters: ['text-summary', 'lcov'],
  reporters: ['default', '<rootDir>/scripts/skip-reporter.mjs'],
}
