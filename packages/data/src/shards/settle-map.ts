import { randomInt } from 'node:crypto'
import type { EntityManager } from '@mikro-orm/postgresql'
import { MarqueeError } from '@marquee/contract'
import type { Database } from '../database.ts'
import type { Log } from '../log.ts'
import type { ReplicaSet } from '../routing/replica-set.ts'
import { sqlRows } from '../sql-rows.ts'
import { withClient } from '../with-client.ts'
import { wholeMap } from './shard-copy.ts'
import { mergeCopies, spreadBuckets, type MapCopy } from './shard-map.ts'

/** A shard that answers. */
export type Present = Readonly<{ name: string; database: Database; set: ReplicaSet }>

export type SettleTask = Readonly<{
  /** What the topology calls the database. */
  database: string
  /** Every shard of the configuration, in its order. */
  names: readonly string[]
  /** Those that answer; the first of the configuration among them, or nothing is begun. */
  present: readonly Present[]
  /** False on a database that is not sharded: whatever name it has is right. */
  isNamed: boolean
  log: Log
}>

type Copy = MapCopy & Readonly<{ name: string }>

// Any number, as long as all processes take the same: "shards" in ASCII, cut to 31 bits.
const settleLock = 0x68617264

const wrong = (database: string, reason: string): MarqueeError =>
  new MarqueeError('TOPOLOGY_WRONG', { database, reason })

const hasSchema = async (em: EntityManager): Promise<boolean> => {
  const [row] = await sqlRows<{ has: boolean }>(em, `select to_regclass('marquee.shard') is not null as has`)
  return row?.has === true
}

const readCopy = async (em: EntityManager): Promise<Copy | undefined> => {
  if (!(await hasSchema(em))) return undefined
  const [copy] = await sqlRows<Copy>(em, wholeMap)
  return copy
}

/** Partitions have their table's fence: the table is enough. */
const fencedTables = `select t.tgrelid::regclass::text as name from pg_trigger t
  where t.tgfoid = 'marquee.fence'::regproc and t.tgparentid = 0`

const hasRows = async (em: EntityManager): Promise<boolean> => {
  for (const { name } of await sqlRows<{ name: string }>(em, fencedTables)) {
    const [row] = await sqlRows<{ has: boolean }>(em, `select exists (select from ${name}) as has`)
    if (row?.has === true) return true
  }
  return false
}

const writeCopy = async ({ name, database }: Present, { version, owners, since }: MapCopy): Promise<void> => {
  await database.transaction(async em => {
    const made = await sqlRows(
      em,
      'insert into marquee.shard (name, map_version) values ($1, $2) on conflict do nothing returning name',
      [name, version],
    )
    if (made.length === 0) return
    await sqlRows(
      em,
      `insert into marquee.shard_map (bucket, shard, version)
       select at - 1, shard, since from unnest($1::text[], $2::bigint[]) with ordinality as o (shard, since, at)`,
      [owners, since],
    )
  })
}

/** Two names for one database would share rows without knowing. */
const checkApart = async ({ database, present }: SettleTask): Promise<void> => {
  for (const [at, one] of present.entries()) {
    const key = randomInt(2 ** 47)
    await one.database.transaction(async em => {
      await sqlRows(em, 'select pg_advisory_xact_lock($1)', [key])
      for (const other of present.slice(at + 1)) {
        const [row] = await other.database.transaction(tx =>
          sqlRows<{ is_free: boolean }>(tx, 'select pg_try_advisory_xact_lock($1) as is_free', [key]),
        )
        if (row?.is_free !== true) throw wrong(database, `"${one.name}" and "${other.name}" are one database`)
      }
    })
  }
}

/** The first map there ever was: all buckets where the rows are, or spread evenly. */
const firstMap = async ({ database, names, present }: SettleTask): Promise<MapCopy> => {
  const holders: string[] = []
  for (const shard of present) if (await hasRows(shard.database.fork())) holders.push(shard.name)
  if (holders.length > 1)
    throw wrong(
      database,
      `"${holders.join('" and "')}" have rows, but no shard has a map that says whose they are`,
    )
  const owners = spreadBuckets(holders.length === 1 ? holders : names)
  return { version: 1, owners, since: owners.map(() => 1) }
}

const rename = async ({ present, log, database }: SettleTask, from: string, to: string): Promise<void> => {
  for (const shard of present) {
    await shard.database.transaction(async em => {
      if (!(await hasSchema(em))) return
      await sqlRows(em, 'update marquee.shard_map set shard = $2 where shard = $1', [from, to])
      await sqlRows(em, 'update marquee.shard set name = $2 where name = $1', [from, to])
    })
  }
  log.info({ database, from, to }, 'a shard has another name now')
}

/** @param copies  at least one */
const mergedOf = (copies: ReadonlyMap<Present, Copy>): MapCopy =>
  [...copies.values()].reduce<MapCopy | undefined>(
    (one, other) => (one === undefined ? other : mergeCopies(one, other)),
    undefined,
  ) as MapCopy

/**
 * A database that was of one shard may get another name for it, and others beside it: nobody else can have its rows.
 * @returns whether something was renamed
 */
const renameOnly = async (task: SettleTask, copies: ReadonlyMap<Present, Copy>): Promise<boolean> => {
  const owners = new Set(mergedOf(copies).owners)
  const [owner] = owners
  if (owners.size !== 1 || owner === undefined || task.names.includes(owner)) return false
  const place = [...copies].find(([, { name }]) => name === owner)?.[0]
  if (place === undefined) return false
  await rename(task, owner, place.name)
  return true
}

const readCopies = async (present: readonly Present[]): Promise<ReadonlyMap<Present, Copy>> => {
  const copies = new Map<Present, Copy>()
  for (const shard of present) {
    const copy = await readCopy(shard.database.fork())
    if (copy !== undefined) copies.set(shard, copy)
  }
  return copies
}

const begin = async (task: SettleTask): Promise<void> => {
  const { database, names, present, log } = task
  const missing = names.find(name => !present.some(shard => shard.name === name))
  // Whether there is a map on one that does not answer, nobody knows.
  if (missing !== undefined) throw new MarqueeError('SHARD_UNAVAILABLE', { shard: missing, database })
  await checkApart(task)
  const map = await firstMap(task)
  for (const shard of present) await writeCopy(shard, map)
  log.info({ database, shards: names }, 'the first map of shards is made')
}

const join = async (task: SettleTask, copies: ReadonlyMap<Present, Copy>): Promise<void> => {
  const newest = mergedOf(copies)
  const late = task.present.filter(shard => !copies.has(shard))
  if (late.length > 0) await checkApart(task)
  for (const shard of late) {
    if (!(await hasSchema(shard.database.fork()))) continue
    await writeCopy(shard, newest)
    task.log.info(
      {
        database: task.database,
        shard: shard.name,
        buckets: newest.owners.filter(own => own === shard.name).length,
      },
      'a shard has joined',
    )
  }
}

const settle = async (task: SettleTask, mayBegin: boolean): Promise<void> => {
  let copies = await readCopies(task.present)
  if (copies.size === 0) return mayBegin ? begin(task) : undefined
  if (!task.isNamed) return
  if (await renameOnly(task, copies)) copies = await readCopies(task.present)
  for (const [{ name }, copy] of copies) {
    if (copy.name !== name)
      throw wrong(task.database, `what should be the shard "${name}" says that it is "${copy.name}"`)
  }
  if (mayBegin) await join(task, copies)
}

/**
 * Makes every shard that answers know who it is and who has which buckets: on the first start of all, on that of a
 * shard that comes later, and when a database of one shard becomes one of several. Processes that do so at once wait
 * for one another.
 * @param mayBegin  false: nothing is begun and nobody joins, it is only seen that all is in its place
 * @throws TOPOLOGY_WRONG, or SHARD_UNAVAILABLE when there is no map, and one that may have it does not answer
 */
export const settleMap = async (task: SettleTask, mayBegin: boolean): Promise<void> => {
  const first = task.present.find(({ name }) => name === task.names[0])
  if (first === undefined) return settle(task, mayBegin)
  // On a connection of its own: the pool may have but one.
  const { connectionString = '' } = (await first.set.writerSoon()).writes.clientOptions
  await withClient(connectionString, async client => {
    await client.query('begin')
    // Held to the end of the transaction, and so free again however this process ends.
    await client.query('select pg_advisory_xact_lock($1)', [settleLock])
    await settle(task, mayBegin)
    await client.query('commit')
  })
}
