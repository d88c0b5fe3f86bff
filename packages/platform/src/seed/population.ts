import { dice, uuidAt, type Dice } from './dice.ts'
import { firstNames, genres, lastNames, opinions } from './words.ts'

/** What a population is made from. The same gives the same people, to the letter. */
export type PopulationPlan = Readonly<{
  seed: number
  users: number
  /** Everything that they did was before: milliseconds since 1970. */
  untilMs: number
  /** Ids of the movies, the most popular first. */
  movies: readonly string[]
}>

/** Who somebody is. Moments are milliseconds since 1970. */
export type Person = Readonly<{
  index: number
  id: string
  name: string
  handle: string
  email: string
  favouriteGenres: readonly string[]
  joinedAt: number
}>

/** What somebody did. */
export type Life = Readonly<{
  person: Person
  follows: readonly Readonly<{ person: Person; at: number }>[]
  watchlist: readonly Readonly<{ movieId: string; at: number }>[]
  views: readonly Readonly<{ id: string; movieId: string; at: number }>[]
  reviews: readonly Readonly<{ id: string; movieId: string; stars: number; text: string; at: number }>[]
}>

const dayMs = 86_400_000
const joinedWithinMs = 720 * dayMs
const newestMs = 10 * dayMs
/** What people see lies in the last months, the partitions of which can be seen. */
export const viewedWithinMs = 360 * dayMs
const mostFollows = 1000
const streams = { person: 1, follows: 2, life: 3 }

/** A step through all indexes, so that the popular are not those who came first. */
const strideOf = (users: number): number => {
  const divides = (one: number, other: number): number => (other === 0 ? one : divides(other, one % other))
  let stride = Math.max(1, Math.floor(users * 0.618))
  while (divides(users, stride) !== 1) stride += 1
  return stride
}

const pick = <T>(list: readonly T[], { below }: Dice): T => list[below(list.length)] as T

/** Few get nearly all: of a thousand, the first gets a tenth. */
const popular = (size: number, { share }: Dice): number => Math.floor(size * share() ** 3)

/** Whole numbers whose mean is `mean`, with a long tail: 1 in 100 is five times the mean, 1 in 10,000 fifty times. */
const some = (mean: number, most: number, { share }: Dice): number =>
  Math.min(most, Math.floor(mean / 2 / Math.sqrt(1 - share()) + share()))

const distinct = <T>(count: number, make: () => T): readonly T[] => {
  const found = new Set<T>()
  for (let tries = 0; found.size < count && tries < count * 3; tries += 1) found.add(make())
  return [...found]
}

/** People of whom each is computed from the plan and a number alone, in any order, and again whenever wanted. */
export class Population {
  readonly plan: PopulationPlan
  readonly #stride: number
  readonly #followers: Uint32Array

  constructor(plan: PopulationPlan) {
    this.plan = plan
    this.#stride = strideOf(plan.users)
    this.#followers = new Uint32Array(plan.users)
    for (let index = 0; index < plan.users; index += 1) {
      for (const followed of this.#followed(index))
        this.#followers[followed] = this.followerCount(followed) + 1
    }
  }

  person(index: number): Person {
    const { seed, users, untilMs } = this.plan
    const own = dice(seed, streams.person, index)
    const joinedAt = Math.floor(untilMs - newestMs - joinedWithinMs * (1 - (index + own.share()) / users))
    const [first, last] = [pick(firstNames, own), pick(lastNames, own)]
    return {
      index,
      id: uuidAt(joinedAt, own),
      name: `${first} ${last}`,
      handle: `${first.toLowerCase()}_${seed.toString(36)}_${index.toString(36)}`,
      email: `user-${index}@seed-${seed}.marquee.example`,
      favouriteGenres: distinct(own.below(4), () => pick(genres, own)),
      joinedAt,
    }
  }

  followerCount(index: number): number {
    return this.#followers[index] ?? 0
  }

  followingCount(index: number): number {
    return this.#followed(index).length
  }

  life(index: number): Life {
    const { seed, untilMs, movies } = this.plan
    const person = this.person(index)
    const own = dice(seed, streams.life, index)
    const since = (earliest: number): number => Math.floor(earliest + (untilMs - earliest) * own.share())
    const movie = (): string => movies[popular(movies.length, own)] as string
    const follows = this.#followed(index).map(other => {
      const followed = this.person(other)
      return { person: followed, at: since(Math.max(person.joinedAt, followed.joinedAt)) }
    })
    const none = movies.length === 0
    const listed = distinct(none ? 0 : some(1, 500, own), movie)
    const watchlist = listed.map(movieId => ({ movieId, at: since(person.joinedAt) }))
    const firstView = Math.max(person.joinedAt, untilMs - viewedWithinMs)
    const views = Array.from({ length: none ? 0 : some(2.5, 2000, own) }, () => {
      const at = since(firstView)
      return { id: uuidAt(at, own), movieId: movie(), at }
    })
    const reviews = distinct(none ? 0 : some(0.5, 200, own), movie).map(movieId => {
      const at = since(person.joinedAt)
      const stars = Math.max(1, 5 - popular(5, own))
      return { id: uuidAt(at, own), movieId, stars, text: pick(opinions, own), at }
    })
    return { person, follows, watchlist, views, reviews }
  }

  /** Whom somebody follows: numbers of others. */
  #followed(index: number): readonly number[] {
    const { seed, users } = this.plan
    if (users < 2) return []
    const own = dice(seed, streams.follows, index)
    const count = some(1.5, Math.min(mostFollows, users - 1), own)
    return distinct(count, () => (popular(users, own) * this.#stride) % users).filter(
      other => other !== index,
    )
  }
}
