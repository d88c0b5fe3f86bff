import pg from 'pg'
import type { DataConfig } from '../config.ts'
import { replicaSetsOf } from '../topology-config.ts'

/** What a mover does, step by step, without replication: for tests of what the others see of it. */
export type MoveByHand = Readonly<{
  fence: () => Promise<void>
  /** Also ends the fence. @param away  shards that are not told */
  flip: (away?: readonly string[]) => Promise<void>
  deleteRows: () => Promise<void>
}>

const writersOf = (config: DataConfig): ReadonlyMap<string, string> =>
  new Map(
    Object.entries(config.databases)
      .flatMap(([name, place]) => replicaSetsOf(name, place))
      .map(({ shard, name, writer }) => [shard ?? name, writer]),
  )

const run = async <T>(url: string | undefined, work: (client: pg.Client) => Promise<T>): Promise<T> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** Moves one bucket of the table `note` from a shard to another. */
export const moveByHand = (config: DataConfig, from: string, to: string, bucket: number): MoveByHand => {
  const writers = writersOf(config)
  const [source, target] = [writers.get(from), writers.get(to)]
  const adopt = (client: pg.Client, version: number): Promise<unknown> =>
    client.query(
      `begin;
       update marquee.shard_map set shard = '${to}', state = 'open', version = ${version} where bucket = ${bucket};
       update marquee.shard set map_version = ${version};
       commit`,
    )
  return {
    fence: () =>
      run(source, async client => {
        await client.query(`update marquee.shard_map set state = 'fenced' where bucket = $1`, [bucket])
      }),
    flip: async (away = []) => {
      const [rows, version] = await run(
        source,
        async client =>
          [
            (
              await client.query<{ row: string }>(
                'select row_to_json(n)::text as row from note n where bucket = $1',
                [bucket],
              )
            ).rows,
            Number(
              (await client.query<{ v: string }>('select map_version + 1 as v from marquee.shard')).rows[0]
                ?.v,
            ),
          ] as const,
      )
      await run(target, async client => {
        await client.query('set session_replication_role = replica')
        for (const { row } of rows)
          await client.query('insert into note select * from json_populate_record(null::note, $1)', [row])
        await adopt(client, version)
      })
      await run(source, client => adopt(client, version))
      for (const [shard, url] of writers) {
        if (url !== source && url !== target && !away.includes(shard))
          await run(url, client => adopt(client, version))
      }
    },
    deleteRows: () =>
      run(source, async client => {
        await client.query('set session_replication_role = replica')
        await client.query('delete from note where bucket = $1', [bucket])
      }),
  }
}
