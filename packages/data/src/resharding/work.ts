import { countRows, type RowCounts } from './checksum.ts'
import { remaining, type Move } from './move-record.ts'
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

/** The rows that move, as they were when this mover first asked: counting takes its time. */
export const countedRows = async ({ context, move, source, tables }: Work): Promise<RowCounts> => {
  const { pace } = context
  pace.counted ??= await countRows(source, tables, remaining(move))
  return pace.counted
}
