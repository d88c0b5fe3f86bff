// The ORM, as far as a subgraph needs it: its own rooms import it from here.
export {
  defineEntity,
  EntitySchema,
  p,
  raw,
  UniqueConstraintViolationException,
  type FilterQuery,
  type InferEntity,
  type Loaded,
  type RequiredEntityData,
} from '@mikro-orm/core'
export { Migration } from '@mikro-orm/migrations'
export type { EntityManager } from '@mikro-orm/postgresql'

export type { Statement } from './bounded-pool.ts'
export { dataConfig, type DataConfig } from './config.ts'
export { Database } from './database.ts'
export { startPostgres, startTestPostgres } from './embedded.ts'
export type { PostgresOptions, PostgresServer } from './embedded/start-postgres.ts'
export type { Health } from './health.ts'
export type { Log } from './log.ts'
export type { DomainModel, MigrationEntry } from './model.ts'
export { openDatabase } from './open-database.ts'
export { bucketCount, bucketOf } from './shards/bucket-of.ts'
export { openShardedDatabase } from './shards/open-sharded-database.ts'
export type { ShardMap } from './shards/shard-map.ts'
export type { Shard, ShardedDatabase } from './shards/sharded-database.ts'
export { sqlRows } from './sql-rows.ts'
export { tagsOf, withTags, type StatementTags } from './statement-tags.ts'
export { databaseStatus, type DatabaseStatus } from './status/database-status.ts'
export type { ServerStatus } from './status/server-status.ts'
export { replicaSetsOf, type DatabasePlace, type PlacedSet } from './topology-config.ts'
export type { TestPostgres } from './testing/start-test-postgres.ts'
