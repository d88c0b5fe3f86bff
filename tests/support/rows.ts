import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { encodeId } from '@marquee/contract'
import pg from 'pg'

type Review = Readonly<{
  id: string
  movieId: string
  authorId: string
  stars: number
  text: string
  at: number
}>
type Follow = Readonly<{ followerId: string; followeeId: string; at: number }>
type WatchlistEntry = Readonly<{ userId: string; movieId: string; at: number }>

/** What the databases hold, read past the platform. Ids are as clients see them, `at` in milliseconds. */
export type Rows = Readonly<{
  titles: ReadonlyMap<string, string>
  names: ReadonlyMap<string, string>
  reviews: readonly Review[]
  follows: readonly Follow[]
  watchlist: readonly WatchlistEntry[]
}>

/** The newest `count` rows; rows of the same millisecond go by `tie`, an id whose UUID decides. */
export const newestFirst = <Row extends Readonly<{ at: number }>>(
  rows: readonly Row[],
  tie: (row: Row) => string,
  count: number,
): Row[] => {
  const uuid = (row: Row): string => Buffer.from(tie(row).split('_', 2)[1] ?? '', 'base64url').toString('hex')
  return rows.toSorted((a, b) => b.at - a.at || (uuid(a) < uuid(b) ? 1 : -1)).slice(0, count)
}

const queryOne = async <Row>(url: string, sql: string): Promise<Row[]> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows as Row[]
  } finally {
    await client.end()
  }
}

type Place = Readonly<{ writer: string }>

/** The writers that hold a database: one a shard. */
export const writersOf = async (folder: string, database: string): Promise<readonly string[]> => {
  const { databases } = JSON.parse(await readFile(join(folder, 'platform.json'), 'utf8')) as {
    databases: Readonly<Record<string, Place | Readonly<{ shards: Readonly<Record<string, Place>> }>>>
  }
  const place = databases[database]
  if (place === undefined) throw new Error(`there is no database ${database}`)
  return ('shards' in place ? Object.values(place.shards) : [place]).map(({ writer }) => writer)
}

const queryAll = async <Row>(urls: readonly string[], sql: string): Promise<Row[]> =>
  (await Promise.all(urls.map(url => queryOne<Row>(url, sql)))).flat()

/** Reads every row that matters to the tests from the databases of the platform that runs in `folder`. */
export const readRows = async (folder: string): Promise<Rows> => {
  const [movies, users] = await Promise.all([writersOf(folder, 'movies'), writersOf(folder, 'users')])
  const [titles, reviews, names, follows, watchlist] = await Promise.all([
    queryAll<{ id: string; title: string }>(movies, 'select id, title from movie'),
    queryAll<Record<'id' | 'movie_id' | 'author_id' | 'text', string> & { stars: number; created_at: Date }>(
      movies,
      'select id, movie_id, author_id, stars, text, created_at from review',
    ),
    queryAll<{ id: string; name: string }>(users, 'select id, name from profile'),
    queryAll<{ follower_id: string; followee_id: string; followed_at: Date }>(
      users,
      'select follower_id, followee_id, followed_at from follow',
    ),
    queryAll<{ user_id: string; movie_id: string; added_at: Date }>(
      users,
      'select user_id, movie_id, added_at from watchlist',
    ),
  ])
  return {
    titles: new Map(titles.map(row => [encodeId('Movie', row.id), row.title])),
    names: new Map(names.map(row => [encodeId('User', row.id), row.name])),
    reviews: reviews.map(row => ({
      id: encodeId('Review', row.id),
      movieId: encodeId('Movie', row.movie_id),
      authorId: encodeId('User', row.author_id),
      stars: row.stars,
      text: row.text,
      at: row.created_at.getTime(),
    })),
    follows: follows.map(row => ({
      followerId: encodeId('User', row.follower_id),
      followeeId: encodeId('User', row.followee_id),
      at: row.followed_at.getTime(),
    })),
    watchlist: watchlist.map(row => ({
      userId: encodeId('User', row.user_id),
      movieId: encodeId('Movie', row.movie_id),
      at: row.added_at.getTime(),
    })),
  }
}
