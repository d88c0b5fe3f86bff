import type { EmbeddedReplicaSet, EmbeddedReplicaSetOptions } from './embedded/embedded-replica-set.ts'
import type { PostgresOptions, PostgresServer } from './embedded/start-postgres.ts'
import type { ShardOwners } from './shards/shard-owners.ts'
import type { TestPostgres } from './testing/start-test-postgres.ts'

import type { ArchiveState } from './backup/tend-archive.ts'
export type { Archive } from './embedded/archive.ts'
export type { ReplicaSetEvent } from './embedded/embedded-replica-set.ts'
export type { ShardOwners } from './shards/shard-owners.ts'

// Loaded when first called: a service in production has its PostgreSQL elsewhere.

/** See embedded/start-postgres.ts. */
export const startPostgres = async (options: PostgresOptions): Promise<PostgresServer> =>
  (await import('./embedded/start-postgres.ts')).startPostgres(options)

/** See embedded/embedded-replica-set.ts. */
export const openEmbeddedReplicaSet = async (
  options: EmbeddedReplicaSetOptions,
): Promise<EmbeddedReplicaSet> =>
  (await import('./embedded/embedded-replica-set.ts')).EmbeddedReplicaSet.open(options)

/** See embedded/replica-set-members.ts. */
export const leaveReplicaSet = async (folder: string): Promise<boolean> =>
  (await import('./embedded/replica-set-members.ts')).leaveReplicaSet(folder)

/** See backup/finish-restore.ts. */
export const finishRestore = async (folder: string, shards: readonly string[]): Promise<void> =>
  (await import('./backup/finish-restore.ts')).finishRestore(folder, shards)

/** See backup/tend-archive.ts. */
export const tendArchive = async (url: string): Promise<ArchiveState> =>
  (await import('./backup/tend-archive.ts')).tendArchive(url)

/** See shards/shard-owners.ts. */
export const readShardOwners = async (
  writers: Readonly<Record<string, string>>,
): Promise<ShardOwners | undefined> => (await import('./shards/shard-owners.ts')).readShardOwners(writers)

/** Deletes the files of every server of a replica set, wherever they are. They must be stopped. */
export const removeReplicaSetFiles = async (folder: string): Promise<void> => {
  const [{ membersOf }, { removeServerFiles }] = await Promise.all([
    import('./embedded/replica-set-members.ts'),
    import('./embedded/placement.ts'),
  ])
  for (const { folder: place } of membersOf('', folder)) await removeServerFiles(place)
}

/** See testing/start-test-postgres.ts. */
export const startTestPostgres = async (): Promise<TestPostgres> =>
  (await import('./testing/start-test-postgres.ts')).startTestPostgres()
