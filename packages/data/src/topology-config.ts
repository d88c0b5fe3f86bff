import { z } from 'zod'

const address = z.url({ protocol: /^postgres(ql)?$/ })
const writer = address.describe('Address of the primary: postgres://user:password@host:port/database')
const readers = z
  .array(address)
  .describe(
    'Addresses of the other servers of this database. Which server is the writer is observed, not believed',
  )

/** The servers that hold one database, or one shard of it. */
export type ReplicaSetPlace = Readonly<{ writer: string; readers: readonly string[] }>

/** Where a database is: on one replica set, or on several that have a part of its rows each. */
export type DatabasePlace = ReplicaSetPlace | Readonly<{ shards: Readonly<Record<string, ReplicaSetPlace>> }>

const mostShards = 32
const shardName = /^[a-z][a-z0-9-]{0,30}$/

const shards = z
  .record(z.string(), z.strictObject({ writer, readers: readers.default([]) }))
  .refine(value => Object.keys(value).length > 0, 'there must be a shard')
  .refine(value => Object.keys(value).length <= mostShards, `there can be ${mostShards} shards at most`)
  .refine(
    value => Object.keys(value).every(name => shardName.test(name)),
    'the name of a shard is a small letter, then small letters, digits and dashes, 31 at most',
  )
  .describe('Shard name to `writer` and `readers`, in place of these two')

/** One entry of `data.databases`. */
export const databasePlace = z
  .strictObject({ writer: writer.optional(), readers: readers.optional(), shards: shards.optional() })
  .transform((value, context): DatabasePlace => {
    if (value.shards !== undefined && value.writer === undefined && value.readers === undefined)
      return { shards: value.shards }
    if (value.writer !== undefined && value.shards === undefined)
      return { writer: value.writer, readers: value.readers ?? [] }
    context.addIssue(
      value.shards === undefined
        ? 'it needs a `writer`, or `shards`'
        : 'it has `shards` beside `writer` or `readers`: it must be one of the two',
    )
    return z.NEVER
  })

/** One replica set of a topology. */
export type PlacedSet = ReplicaSetPlace &
  Readonly<{
    database: string
    /** Null where the database is not sharded. */
    shard: string | null
    /** What it is called in consistency tokens, logs and tables: `database`, or `database/shard`. */
    name: string
  }>

/** Every replica set of a database: one, or one for each shard. */
export const replicaSetsOf = (database: string, place: DatabasePlace): readonly PlacedSet[] =>
  'shards' in place
    ? Object.entries(place.shards).map(([shard, set]) => ({
        ...set,
        database,
        shard,
        name: `${database}/${shard}`,
      }))
    : [{ ...place, database, shard: null, name: database }]
