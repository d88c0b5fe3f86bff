import { authConfig, authModel, seedPasswordHash } from '@marquee/auth'
import { MarqueeError, readSection } from '@marquee/contract'
import {
  BulkLoad,
  openDatabase,
  openShardedDatabase,
  sqlRows,
  type DataConfig,
  type DomainModel,
} from '@marquee/data'
import { moviesByFame, moviesModel } from '@marquee/movies'
import { usersModel } from '@marquee/users'
import type { PopulationPlan } from '../seed/population.ts'
import { runOf, seedDatabases, type SeedPlaces, type SeedProgress } from '../seed/seed-databases.ts'
import { progress } from '../terminal/progress.ts'
import { findDatabases, type Where } from './topology.ts'

export type SeedFlags = Readonly<{
  users: number
  seed: number
  until: Date
  data?: string
  force?: boolean
  json?: boolean
}>

/** Everybody's; the documentation says so. */
export const seedPassword = 'marquee-seed'

const usage = (reason: string): MarqueeError => new MarqueeError('USAGE_INVALID', { reason, command: 'seed' })

const hasDatabase = (config: DataConfig, { domain }: DomainModel): boolean =>
  config.databases[config.domains[domain] ?? domain] !== undefined

type Migrated = Readonly<{ migrate: () => Promise<unknown>; close: () => Promise<void> }>

const withMigrated = async <D extends Migrated, T>(
  database: D,
  work: (database: D) => Promise<T>,
): Promise<T> => {
  try {
    await database.migrate()
    return await work(database)
  } finally {
    await database.close()
  }
}

/** Migrates what is there, and reads which movies there are. */
const prepare = async (where: Where): Promise<Readonly<{ movies: readonly string[]; hasAuth: boolean }>> => {
  const nothing = (): Promise<void> => Promise.resolve()
  await withMigrated(await openShardedDatabase(await where.configFor('users'), usersModel), nothing)
  const authPlace = await where.configFor('auth')
  const hasAuth = hasDatabase(authPlace, authModel)
  if (hasAuth) await withMigrated(await openShardedDatabase(authPlace, authModel), nothing)
  const movies = await withMigrated(
    await openDatabase(await where.configFor('movies'), moviesModel),
    async database => (await sqlRows<{ id: string }>(database.fork(), moviesByFame)).map(({ id }) => id),
  )
  if (movies.length === 0)
    throw usage('there are no movies for people to see: `marquee import --bundled` first')
  return { movies, hasAuth }
}

const openPlaces = async (where: Where, run: string, hasAuth: boolean): Promise<SeedPlaces> => {
  const opened: BulkLoad[] = []
  const open = async (model: DomainModel): Promise<BulkLoad> => {
    const load = await BulkLoad.open(await where.configFor(model.domain), model, run)
    opened.push(load)
    return load
  }
  try {
    return {
      users: await open(usersModel),
      movies: await open(moviesModel),
      auth: hasAuth ? await open(authModel) : null,
    }
  } catch (error) {
    await Promise.all(opened.map(load => load.close()))
    throw error
  }
}

const spoken = (seconds: number): string =>
  seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`

/** Least time between two events, in ms. */
const eventPauseMs = 250

/** Says how far it is: on a terminal, or as events. */
const teller = (json: boolean) => {
  const shown = progress('seeding', line => console.error(line))
  const startedAt = performance.now()
  let toldAt = -Infinity
  let skipped: number | undefined
  return {
    tell: ({ done, total, rows }: SeedProgress): void => {
      // What an earlier run did says nothing about how fast this one is.
      if (rows === 0) skipped = done
      const seconds = (performance.now() - startedAt) / 1000
      const rowsPerSecond = Math.round(rows / seconds)
      const own = done - (skipped ?? 0)
      const etaSeconds = own === 0 ? null : Math.round(((total - done) * seconds) / own)
      if (!json) {
        const left = etaSeconds === null ? '' : `, ${spoken(etaSeconds)} left`
        shown.show(
          done,
          total,
          `${rows.toLocaleString('en')} rows, ${rowsPerSecond.toLocaleString('en')}/s${left}`,
        )
      } else if (performance.now() - toldAt > eventPauseMs) {
        toldAt = performance.now()
        console.log(JSON.stringify({ event: 'seeding', done, total, rows, rowsPerSecond, etaSeconds }))
      }
    },
    end: (): number => {
      shown.end()
      return (performance.now() - startedAt) / 1000
    },
  }
}

/**
 * Fills the databases with people who follow, watch and review.
 * @throws USAGE_INVALID when there are other users, or no movies; NOT_RUNNING
 */
export const runSeed = async (flags: SeedFlags): Promise<void> => {
  const json = flags.json === true
  const where = await findDatabases(flags, process.env, 'seed')
  const { movies, hasAuth } = await prepare(where)
  const plan: PopulationPlan = {
    seed: flags.seed,
    users: flags.users,
    untilMs: flags.until.getTime(),
    movies,
  }
  const { argon2 } = readSection('auth', authConfig, where.sources)
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => stop.abort(new Error('Stopped. The same command goes on from here.')))
  const places = await openPlaces(where, runOf(plan), hasAuth)
  const { tell, end } = teller(json)
  try {
    const rows = await seedDatabases(places, {
      plan,
      passwordHash: hasAuth ? await seedPasswordHash(seedPassword, String(flags.seed), argon2) : '',
      force: flags.force === true,
      onProgress: tell,
      signal: stop.signal,
    })
    const seconds = end()
    if (json) console.log(JSON.stringify({ event: 'seeded', users: flags.users, rows, seconds }))
    else if (rows === 0) console.log('Nothing to do: all of them are there.')
    else {
      const speed = Math.round(rows / seconds).toLocaleString('en')
      console.log(
        `${flags.users.toLocaleString('en')} users: ${rows.toLocaleString('en')} rows in ${spoken(seconds)} (${speed}/s).`,
      )
      if (hasAuth)
        console.log(`Sign in as user-0@seed-${flags.seed}.marquee.example, password ${seedPassword}.`)
    }
  } finally {
    end()
    for (const load of Object.values(places)) await load?.close()
  }
}
