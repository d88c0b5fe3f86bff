import type { Run, ShardConnection } from './shard-connection.ts'
import { shardedTables } from './sharded-tables.ts'

const batchRows = 5000

/**
 * Deletes the rows of buckets that this shard does not own by its own map, in small transactions. The fence does not
 * see it: nobody's rule is broken, as these rows are nobody's. Which partitions a table has, each shard says for itself:
 * another one may have other months.
 * @param guard  called in each transaction; rejects when it is not this process's work any more
 * @param deleted  called after each batch
 */
export const deleteRows = async (
  shard: ShardConnection,
  buckets: readonly number[],
  guard: (run: Run) => Promise<void> = () => Promise.resolve(),
  deleted: (rows: number) => void = () => undefined,
): Promise<void> => {
  const tables = await shardedTables(shard)
  for (const { name } of tables.flatMap(({ leaves }) => leaves)) {
    for (;;) {
      const rows = await shard.transaction(async run => {
        await guard(run)
        await run('set local session_replication_role = replica')
        const gone = await run<{ rows: number }>(
          `with doomed as materialized (
             select ctid from ${name} where bucket = any($1) and not exists (
               select from marquee.shard_map m, marquee.shard s where m.bucket = any($1) and m.shard = s.name)
             limit ${batchRows}),
           gone as (delete from ${name} t using doomed where t.ctid = doomed.ctid and t.bucket = any($1) returning 1)
           select count(*)::int8 as rows from gone`,
          [buckets],
        )
        return gone[0]?.rows ?? 0
      })
      deleted(rows)
      if (rows < batchRows) break
    }
  }
}
