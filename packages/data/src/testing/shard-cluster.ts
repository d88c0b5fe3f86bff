import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeState } from '../embedded/server-state.ts'
import type { Settings } from '../embedded/settings.ts'
import { startPostgres, type PostgresServer } from '../embedded/start-postgres.ts'
import { dataConfig } from '../config.ts'
import { defineEntity, p } from '@mikro-orm/core'
import { openDatabase } from '../open-database.ts'
import { createMoveTable } from '../resharding/move-record.ts'
import type { ReshardingOptions } from '../resharding/resharding-context.ts'
import { shardMigrations } from '../shards/shard-schema.ts'
import { withClient } from '../with-client.ts'
import { copyTemplate, testPassword } from './cluster-template.ts'
import { folderPrefix, sweepTestServers } from './sweep.ts'

const database = 'shop'

/** Servers with one shard each, and two sharded tables: a plain one, and one with partitions. */
export type ShardCluster = Readonly<{
  options: ReshardingOptions
  url: (shard: string) => string
  server: (shard: string) => PostgresServer
  /** Runs SQL on one shard. */
  sql: <Row extends object>(shard: string, text: string, params?: readonly unknown[]) => Promise<Row[]>
  /** `kill -9`, and started again. */
  crash: (shard: string) => Promise<void>
  /** Aborted by `stop`: whoever works on the cluster ends then, also when its test failed. */
  stopped: AbortSignal
  stop: () => Promise<void>
}>

/** Shards need not have the same months. */
const partitionsOf = (isFirst: boolean): readonly string[] =>
  isFirst
    ? [
        `create table public.visit_old partition of public.visit for values from (minvalue) to ('2026-01-01')`,
        `create table public.visit_new partition of public.visit for values from ('2026-01-01') to (maxvalue)`,
      ]
    : ['create table public.visit_ever partition of public.visit for values from (minvalue) to (maxvalue)']

const tables = [
  `create table public.item (id uuid primary key, bucket smallint not null, owner text not null, n int not null default 0,
     note jsonb, at timestamptz not null default now(), unique (bucket, id))`,
  'alter table public.item replica identity using index item_bucket_id_key',
  `create table public.visit (bucket smallint not null, id uuid not null, day date not null, n int not null default 0,
     primary key (bucket, id, day)) partition by range (day)`,
  `select marquee.shard_table('public.item')`,
  `select marquee.shard_table('public.visit')`,
]

const anything = defineEntity({ name: 'Anything', properties: { id: p.integer().primary() } })

const migrate = async (url: string): Promise<void> => {
  const config = dataConfig.parse({ databases: { [database]: { writer: url } } })
  const opened = await openDatabase(config, {
    domain: database,
    entities: [anything],
    migrations: shardMigrations,
  })
  await opened.migrate()
  await opened.close()
}

/** Bucket by bucket: the first shard has the first of equal ranges, and so on. */
const ownersOf = (shards: readonly string[]): readonly string[] =>
  Array.from({ length: 1024 }, (_, bucket) => shards[Math.floor((bucket * shards.length) / 1024)] ?? '')

const start = async (settings: Settings, durable: boolean) => {
  const folder = await mkdtemp(join(tmpdir(), folderPrefix))
  await writeState(folder, { port: 0, password: testPassword })
  const server = await startPostgres({ folder, durable, settings, createCluster: copyTemplate })
  await server.ensureDatabases([database])
  return { folder, server }
}

/**
 * Starts a server for each shard; buckets are spread over `owners`, by default over all.
 * @param rows  about how many rows of `item` there are, spread evenly; half as many of `visit`
 */
export const startShardCluster = async (
  shards: readonly string[],
  more: Readonly<{ owners?: readonly string[]; rows?: number; settings?: Settings; durable?: boolean }> = {},
): Promise<ShardCluster> => {
  const { owners = shards, rows = 0, settings = {}, durable = false } = more
  await sweepTestServers()
  const stopped = new AbortController()
  const places = new Map(
    await Promise.all(shards.map(async name => [name, await start(settings, durable)] as const)),
  )
  const placeOf = (shard: string) => {
    const place = places.get(shard)
    if (place === undefined) throw new Error(`no shard ${shard}`)
    return place
  }
  const url = (shard: string): string => placeOf(shard).server.url(database)
  const sql = <Row extends object>(
    shard: string,
    text: string,
    params: readonly unknown[] = [],
  ): Promise<Row[]> =>
    withClient(url(shard), async client => (await client.query<Row>(text, [...params])).rows, 60_000)
  for (const shard of shards) {
    await migrate(url(shard))
    await sql(shard, 'insert into marquee.shard (name, map_version) values ($1, 1)', [shard])
    await sql(
      shard,
      `insert into marquee.shard_map (bucket, shard, version)
       select ordinality - 1, name, 1 from unnest($1::text[]) with ordinality list (name, ordinality)`,
      [ownersOf(owners)],
    )
    await sql(shard, createMoveTable)
    for (const one of [...tables, ...partitionsOf(shard === shards[0])]) await sql(shard, one)
    const mine = `join marquee.shard_map m on m.bucket = b.bucket and m.shard = '${shard}'`
    const ids = `select gen_random_uuid() as id, i, (i % 1024)::smallint as bucket from generate_series(1, $1::int) i`
    await sql(
      shard,
      `insert into public.item (id, bucket, owner, note) select id, b.bucket, 'o' || i, '{"a": [1, 2.50]}' from (${ids}) b ${mine}`,
      [rows],
    )
    await sql(
      shard,
      `insert into public.visit (id, bucket, day) select id, b.bucket, '2025-06-01'::date + i % 400 from (${ids}) b ${mine}`,
      [Math.floor(rows / 2)],
    )
  }
  return Object.freeze({
    url,
    sql,
    server: shard => placeOf(shard).server,
    options: {
      shards: shards.map(name => ({ database, name, urls: [url(name)] })),
      refreshMs: 100,
      statementTimeoutMs: 200,
      fenceWaitMs: 2000,
    },
    crash: async shard => {
      const { folder, server } = placeOf(shard)
      process.kill(server.pid, 'SIGKILL')
      await server.exited
      await server.stop()
      const again = await startPostgres({ folder, durable, settings })
      places.set(shard, { folder, server: again })
    },
    stopped: stopped.signal,
    stop: async () => {
      stopped.abort()
      for (const { folder, server } of places.values()) {
        await server.stop()
        await rm(folder, { recursive: true, force: true })
      }
    },
  })
}
