import type { PostgresOptions, PostgresServer } from './embedded/start-postgres.ts'
import type { TestPostgres } from './testing/start-test-postgres.ts'

// Loaded when first called: a service in production has its PostgreSQL elsewhere.

/** See embedded/start-postgres.ts. */
export const startPostgres = async (options: PostgresOptions): Promise<PostgresServer> =>
  (await import('./embedded/start-postgres.ts')).startPostgres(options)

/** See embedded/placement.ts. */
export const removePostgresFiles = async (folder: string): Promise<void> =>
  (await import('./embedded/placement.ts')).removeServerFiles(folder)

/** See testing/start-test-postgres.ts. */
export const startTestPostgres = async (): Promise<TestPostgres> =>
  (await import('./testing/start-test-postgres.ts')).startTestPostgres()
