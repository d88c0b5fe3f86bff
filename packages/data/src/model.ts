import type { Constructor, EntitySchema } from '@mikro-orm/core'
import type { Migration } from '@mikro-orm/migrations'

/**
 * One migration: its name is what the table `migrations` remembers, so it never changes once released. It runs in one
 * transaction. One whose `isTransactional()` is false runs each statement by itself, and again from the first after it
 * broke off: its statements must bear that (`if not exists`); `create index concurrently` does without.
 */
export type MigrationEntry = Readonly<{
  name: string
  class: Constructor<Migration>
  /** Why it may rewrite or lock big tables all the same. */
  acceptsLocks?: string
}>

/** What a subgraph keeps: the name of its domain, its entities, and its migrations from oldest to newest. */
export type DomainModel = Readonly<{
  domain: string
  entities: readonly EntitySchema[]
  migrations: readonly MigrationEntry[]
  /** Its rows are spread over shards: open it with `openShardedDatabase`. Gives it the schema `marquee`. */
  sharded?: boolean
}>
