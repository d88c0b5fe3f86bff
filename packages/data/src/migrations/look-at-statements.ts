import { isTransactional, statementsOf, type MigrationSession } from './migration-session.ts'
import type { MigrationEntry } from '../model.ts'

/** Locks on tables, from the weakest to the strongest. */
export const lockModes = [
  'ACCESS SHARE',
  'ROW SHARE',
  'ROW EXCLUSIVE',
  'SHARE UPDATE EXCLUSIVE',
  'SHARE',
  'SHARE ROW EXCLUSIVE',
  'EXCLUSIVE',
  'ACCESS EXCLUSIVE',
] as const
export type LockMode = (typeof lockModes)[number]

/** What a statement does to a table that was there before the migrations. */
export type Touch = Readonly<{
  /** With its schema, but for `public`. */
  table: string
  /** The strongest lock that is held once it has run; null: none. */
  lock: LockMode | null
  /** The lock is of an earlier statement of the transaction. */
  wasHeld: boolean
  /** Its file was written anew. */
  rewrites: boolean
  /** It is read from one end to the other. */
  scans: boolean
}>

export type LookedStatement = Readonly<{ sql: string; touches: readonly Touch[] }>

type TableRow = Readonly<{ oid: number; table: string; files: string; scans: number }>

/** What is known of a table: `files` of it and its partitions; how often this transaction has read all of it. */
const tables = `
  with each as (
    select c.oid, coalesce(pg_partition_root(c.oid)::oid, c.oid) as root,
      pg_relation_filenode(c.oid) as file, coalesce(s.seq_scan, 0) as scans
    from pg_class c left join pg_stat_xact_all_tables s on s.relid = c.oid
    where c.relkind in ('r', 'm', 'p')
  )
  select r.oid::int8::float8 as oid,
    case n.nspname when 'public' then '' else n.nspname || '.' end || r.relname as table,
    coalesce(string_agg(e.oid || ':' || e.file, ' ' order by e.oid), '') as files,
    sum(e.scans)::float8 as scans
  from each e join pg_class r on r.oid = e.root
    join pg_namespace n on n.oid = r.relnamespace
  where n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') and n.nspname !~ '^pg_temp'
  group by r.oid, n.nspname, r.relname`

// By the root of the partitions.
const locks = `
  select coalesce(pg_partition_root(c.oid)::oid, c.oid)::int8::float8 as oid, l.mode
  from pg_locks l join pg_class c on c.oid = l.relation
  where l.pid = pg_backend_pid() and l.locktype = 'relation' and l.granted and c.relkind in ('r', 'm', 'p')
    and l.database = (select oid from pg_database where datname = current_database())`

const readTables = async ({ client }: MigrationSession): Promise<ReadonlyMap<number, TableRow>> => {
  const { rows } = await client.query<TableRow>(tables)
  return new Map(rows.map(row => [row.oid, row]))
}

/** pg_locks says `AccessExclusiveLock`. */
const modeOf = (mode: string): LockMode | undefined => {
  const words = mode
    .replace(/Lock$/, '')
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toUpperCase()
  return lockModes.find(known => known === words)
}

const strongest = (one: LockMode | null, other: LockMode | null): LockMode | null =>
  lockModes.indexOf(one as LockMode) >= lockModes.indexOf(other as LockMode) ? one : other

const readLocks = async ({ client }: MigrationSession): Promise<ReadonlyMap<number, LockMode>> => {
  const { rows } = await client.query<{ oid: number; mode: string }>(locks)
  const held = new Map<number, LockMode>()
  for (const { oid, mode } of rows) {
    const known = strongest(modeOf(mode) ?? null, held.get(oid) ?? null)
    if (known !== null) held.set(oid, known)
  }
  return held
}

type Facts = Readonly<{
  tables: ReadonlyMap<number, TableRow>
  locks: ReadonlyMap<number, LockMode>
}>

const readFacts = async (session: MigrationSession): Promise<Facts> => ({
  // Locks first: reading the catalogue takes some, too, but on no table of ours.
  locks: await readLocks(session),
  tables: await readTables(session),
})

/** A file that was there has another number. That of a table that was emptied has, too; but nothing is read for that. */
const isRewritten = (before: TableRow, after: TableRow): boolean => {
  const files = new Map(after.files.split(' ').map(file => file.split(':') as [string, string]))
  return before.files.split(' ').some(file => {
    const [oid = '', number] = file.split(':')
    const now = files.get(oid)
    return now !== undefined && now !== number
  })
}

const touchesOf = (known: ReadonlyMap<number, string>, before: Facts, after: Facts): readonly Touch[] =>
  [...known].flatMap(([oid, table]): readonly Touch[] => {
    const [was, is] = [before.tables.get(oid), after.tables.get(oid)]
    const lock = after.locks.get(oid) ?? null
    // A table that was dropped has left the catalogue, but its lock is held.
    const scans = was !== undefined && is !== undefined && is.scans > was.scans
    const rewrites = was !== undefined && is !== undefined && isRewritten(was, is) && scans
    if (lock === null && !scans && !rewrites) return []
    return [{ table, lock, wasHeld: before.locks.get(oid) === lock && !rewrites, rewrites, scans }]
  })

const inTransaction = async (
  session: MigrationSession,
  entry: MigrationEntry,
  known: ReadonlyMap<number, string>,
): Promise<readonly LookedStatement[]> => {
  const looked: LookedStatement[] = []
  const em = session.orm.em.fork()
  await em.begin()
  try {
    const context = em.getTransactionContext()
    for (const sql of await statementsOf(session, entry, context)) {
      const before = await readFacts(session)
      await em.getDriver().execute(sql, [], 'run', context)
      looked.push({ sql, touches: touchesOf(known, before, await readFacts(session)) })
    }
    await em.commit()
    return looked
  } catch (error) {
    await em.rollback().catch(() => undefined)
    throw error
  }
}

const cannotRunInTransaction = '25001'

/** A statement that PostgreSQL takes in a transaction is looked at in one; of others only the files are known. */
const alone = async (
  session: MigrationSession,
  sql: string,
  known: ReadonlyMap<number, string>,
): Promise<LookedStatement> => {
  const { client } = session
  await client.query('begin')
  try {
    const before = await readFacts(session)
    await client.query(sql)
    const touches = touchesOf(known, before, await readFacts(session))
    await client.query('commit')
    return { sql, touches }
  } catch (error) {
    await client.query('rollback')
    if ((error as { code?: unknown }).code !== cannotRunInTransaction) throw error
  }
  const before = await readTables(session)
  await client.query(sql)
  const after = await readTables(session)
  const touches = [...known].flatMap(([oid, table]): readonly Touch[] => {
    const [was, is] = [before.get(oid), after.get(oid)]
    if (was === undefined || is === undefined || !isRewritten(was, is)) return []
    return [{ table, lock: 'ACCESS EXCLUSIVE', wasHeld: false, rewrites: true, scans: true }]
  })
  return { sql, touches }
}

/**
 * Runs migrations on a scratch database that has what came before them, and sees what each statement does: the locks that
 * it leaves, the tables that it rewrites or reads to the end. All tables are empty, so all is quick, and true all the
 * same: PostgreSQL decides these without looking at rows.
 * @returns the statements of each
 */
export const lookAtStatements = async (
  session: MigrationSession,
  earlier: readonly MigrationEntry[],
  pending: readonly MigrationEntry[],
): Promise<ReadonlyMap<string, readonly LookedStatement[]>> => {
  for (const entry of earlier) {
    for (const sql of await statementsOf(session, entry)) {
      await session.orm.em.getDriver().execute(sql, [], 'run')
    }
  }
  const known = new Map([...(await readTables(session))].map(([oid, { table }]) => [oid, table]))
  const looked = new Map<string, readonly LookedStatement[]>()
  for (const entry of pending) {
    if (isTransactional(session, entry)) {
      looked.set(entry.name, await inTransaction(session, entry, known))
      continue
    }
    const statements: LookedStatement[] = []
    for (const sql of await statementsOf(session, entry)) {
      statements.push(await alone(session, sql, known))
    }
    looked.set(entry.name, statements)
  }
  return looked
}
