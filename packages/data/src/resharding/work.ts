import type { Move } from './move-record.ts'
import type { Resharding } from './resharding-context.ts'
import type { ShardConnection } from './shard-connection.ts'
import type { ShardedTable } from './sharded-tables.ts'

/** What one step of a move works with. */
export type Work = Readonly<{
  context: Resharding
  move: Move
  source: ShardConnection
  target: ShardConnection
  tables: readonly ShardedTable[]
}>
