import type { Constructor, EntitySchema } from '@mikro-orm/core'
import type { Migration } from '@mikro-orm/migrations'

/** One migration: its name is what the table `migrations` remembers, so it never changes once released. */
export type MigrationEntry = Readonly<{ name: string; class: Constructor<Migration> }>

/** What a subgraph keeps: the name of its domain, its entities, and its migrations from oldest to newest. */
export type DomainModel = Readonly<{
  domain: string
  entities: readonly EntitySchema[]
  migrations: readonly MigrationEntry[]
  /** Its rows are spread over shards: open it with `openShardedDatabase`. Gives it the schema `marquee`. */
  sharded?: boolean
}>
