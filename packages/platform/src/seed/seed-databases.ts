import { createHash } from 'node:crypto'
import { accountRows, anyAccount } from '@marquee/auth'
import { MarqueeError } from '@marquee/contract'
import type { BulkLoad, BulkRow } from '@marquee/data'
import { reviewRow } from '@marquee/movies'
import { anyUser, lifeRows, partitionsSince, personRows } from '@marquee/users'
import { Population, viewedWithinMs, type PopulationPlan } from './population.ts'

/** The databases of a seed; auth may be missing. */
export type SeedPlaces = Readonly<{ auth: BulkLoad | null; users: BulkLoad; movies: BulkLoad }>

export type SeedProgress = Readonly<{
  /** Users that are done, in both rounds: twice their number when all is. */
  done: number
  total: number
  /** Rows that this call wrote. */
  rows: number
}>

export type SeedOptions = Readonly<{
  plan: PopulationPlan
  /** Of everybody's password. */
  passwordHash: string
  force: boolean
  onProgress: (progress: SeedProgress) => void
  signal: AbortSignal
}>

/** What a run is called: another one would write other rows. */
export const runOf = ({ seed, users, untilMs, movies }: PopulationPlan): string => {
  const catalogue = createHash('sha256').update(movies.join()).digest('hex').slice(0, 12)
  return `seed ${seed}, ${users} users until ${new Date(untilMs).toISOString()}, movies ${catalogue}`
}

const stepUsersOf = (users: number): number => Math.min(5000, Math.max(100, Math.ceil(users / 100)))

/** @throws USAGE_INVALID when somebody is there who is not of this run */
const refuseOthers = async ({ auth, users }: SeedPlaces): Promise<void> => {
  const [someone] = [...(await users.rows(anyUser)), ...((await auth?.rows(anyAccount)) ?? [])]
  if (someone === undefined) return
  throw new MarqueeError('USAGE_INVALID', {
    reason:
      'there are other users already, who would have these people among them for ever: take empty databases, or add `--force`',
    command: 'seed',
  })
}

const monthOf = (ms: number): string => `${new Date(ms).toISOString().slice(0, 7)}-01`

type Step = Readonly<{
  name: string
  users: number
  loads: readonly (readonly [BulkLoad, readonly BulkRow[]])[]
}>

const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from }, (_, offset) => from + offset)

const people = (places: SeedPlaces, population: Population, from: number, to: number, hash: string): Step => {
  const all = range(from, to).map(index => population.person(index))
  const profiles = all.flatMap(person =>
    personRows({
      ...person,
      followerCount: population.followerCount(person.index),
      followingCount: population.followingCount(person.index),
    }),
  )
  const accounts = all.flatMap(person => accountRows(person, hash))
  return {
    name: `people ${from}`,
    users: to - from,
    loads: [[places.users, profiles], ...(places.auth === null ? [] : [[places.auth, accounts] as const])],
  }
}

const lives = (places: SeedPlaces, population: Population, from: number, to: number): Step => {
  const all = range(from, to).map(index => population.life(index))
  const reviews = all.flatMap(life => life.reviews.map(review => reviewRow(life.person.id, review)))
  return {
    name: `lives ${from}`,
    users: to - from,
    loads: [
      [places.users, all.flatMap(lifeRows)],
      [places.movies, reviews],
    ],
  }
}

/** Every step, made when it is wanted. Profiles come first: what people did names others. */
function* stepsOf(places: SeedPlaces, population: Population, hash: string): Generator<() => Step> {
  const { users } = population.plan
  const size = stepUsersOf(users)
  const isMissing = (name: string, loads: readonly (BulkLoad | null)[]): boolean =>
    loads.some(load => load !== null && !load.isDone(name))
  const empty = (name: string, count: number) => () => ({ name, users: count, loads: [] })
  for (const round of ['people', 'lives'] as const) {
    for (let from = 0; from < users; from += size) {
      const to = Math.min(users, from + size)
      const name = `${round} ${from}`
      const loads = round === 'people' ? [places.users, places.auth] : [places.users, places.movies]
      if (!isMissing(name, loads)) yield empty(name, to - from)
      else if (round === 'people') yield () => people(places, population, from, to, hash)
      else yield () => lives(places, population, from, to)
    }
  }
}

/**
 * Fills databases with people, to the letter the same for the same plan. What a run that was killed has written is left
 * as it is.
 * @returns how many rows this call wrote
 * @throws USAGE_INVALID when there are other users, and it is not forced
 */
export const seedDatabases = async (places: SeedPlaces, options: SeedOptions): Promise<number> => {
  const { plan, passwordHash, force, onProgress, signal } = options
  if (!places.users.isBegun && !force) await refuseOthers(places)
  const all = [places.users, places.movies, ...(places.auth === null ? [] : [places.auth])]
  for (const load of all) await load.begin()
  await places.users.rows(partitionsSince(monthOf(plan.untilMs - viewedWithinMs)))
  const population = new Population(plan)
  const total = 2 * plan.users
  let done = 0
  let rows = 0
  // The next step is made while the servers write the one before.
  let writing: Promise<void> = Promise.resolve()
  const write = async ({ name, users, loads }: Step): Promise<void> => {
    await Promise.all(loads.map(([load, some]) => load.load(name, some)))
    done += users
    rows += loads.reduce((sum, [, some]) => sum + some.length, 0)
    onProgress({ done, total, rows })
  }
  for (const make of stepsOf(places, population, passwordHash)) {
    if (signal.aborted) break
    const step = make()
    await writing
    writing = write(step)
    // Awaited with the next step; until then nobody listens.
    writing.catch(() => undefined)
  }
  await writing
  signal.throwIfAborted()
  for (const load of all) await load.rows('analyze')
  return rows
}
