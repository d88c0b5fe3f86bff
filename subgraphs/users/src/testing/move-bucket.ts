import { bucketOf, sqlRows, type ShardedDatabase } from '@marquee/data'

/**
 * Moves the bucket of an owner from its shard to another, as a mover does but without replication: fence, copy, flip. What
 * was moved stays at the source, as it does for some seconds.
 */
export const moveBucket = async (database: ShardedDatabase, owner: string, to: string): Promise<void> => {
  const bucket = bucketOf(owner)
  const shards = new Map(database.shards().map(shard => [shard.name, shard]))
  const source = shards.get(database.map().shardOf(bucket))!
  const target = shards.get(to)!
  const tables = await sqlRows<{ name: string }>(
    source.fork(),
    `select c.relname as name from pg_trigger join pg_class c on c.oid = tgrelid
     where tgfoid = 'marquee.fence'::regproc and not c.relispartition`,
  )
  await sqlRows(source.fork(), `update marquee.shard_map set state = 'fenced' where bucket = $1`, [bucket])
  const version = database.map().version + 1
  await target.transaction(async em => {
    await sqlRows(em, 'set local session_replication_role = replica')
    for (const { name } of tables) {
      const [{ rows } = { rows: [] }] = await sqlRows<{ rows: unknown }>(
        source.fork(),
        `select coalesce(json_agg(t), '[]')::text as rows from ${name} t where bucket = $1`,
        [bucket],
      )
      await sqlRows(em, `delete from ${name} where bucket = $1`, [bucket])
      await sqlRows(em, `insert into ${name} select * from json_populate_recordset(null::${name}, $1)`, [
        rows,
      ])
    }
  })
  for (const shard of [target, source]) {
    await shard.transaction(async em => {
      await sqlRows(
        em,
        `update marquee.shard_map set shard = $2, state = 'open', version = $3 where bucket = $1`,
        [bucket, to, version],
      )
      await sqlRows(em, 'update marquee.shard set map_version = $1', [version])
    })
  }
}
