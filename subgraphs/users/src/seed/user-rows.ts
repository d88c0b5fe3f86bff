import { bucketOf, copyLine, type BulkRow, type BulkTable } from '@marquee/data'

/** Moments are milliseconds since 1970. */
export type SeedPerson = Readonly<{
  id: string
  handle: string
  name: string
  favouriteGenres: readonly string[]
  joinedAt: number
  followerCount: number
  followingCount: number
}>

export type SeedLife = Readonly<{
  person: Readonly<{ id: string }>
  follows: readonly Readonly<{ person: Readonly<{ id: string }>; at: number }>[]
  watchlist: readonly Readonly<{ movieId: string; at: number }>[]
  views: readonly Readonly<{ id: string; movieId: string; at: number }>[]
}>

const table = (name: string, columns: string, adds?: BulkTable['adds']): BulkTable =>
  Object.freeze({ table: name, columns: columns.split(' '), ...(adds === undefined ? {} : { adds }) })

const profile = table(
  'profile',
  'id bucket handle name favourite_genres follower_count following_count created_at',
)
const reservation = table('handle_reservation', 'handle bucket owner_id claim is_pending at')
const follow = table('follow', 'follower_id bucket followee_id followed_at')
const follower = table('follower', 'followee_id bucket follower_id followed_at')
const watchlist = table('watchlist', 'user_id bucket movie_id added_at')
const watchlistCount = table('movie_watchlist_count', 'movie_id bucket users', {
  key: ['movie_id', 'bucket'],
  column: 'users',
})
const view = table('view', 'user_id bucket at id movie_id')

const moment = (ms: number): string => new Date(ms).toISOString()

/** Who somebody is, as rows: the profile, and that the handle is taken. */
export const personRows = (person: SeedPerson): readonly BulkRow[] => {
  const { id, handle, name, favouriteGenres, joinedAt, followerCount, followingCount } = person
  const [bucket, handleBucket] = [bucketOf(id), bucketOf(handle)]
  const at = moment(joinedAt)
  return [
    {
      into: profile,
      bucket,
      line: copyLine([id, bucket, handle, name, favouriteGenres, followerCount, followingCount, at]),
    },
    { into: reservation, bucket: handleBucket, line: copyLine([handle, handleBucket, id, id, false, at]) },
  ]
}

/** What somebody did, as rows. The profiles of all whom they name must be there. */
export const lifeRows = ({ person: { id }, ...life }: SeedLife): readonly BulkRow[] => {
  const bucket = bucketOf(id)
  const rows: BulkRow[] = []
  for (const { person, at } of life.follows) {
    const [when, theirs] = [moment(at), bucketOf(person.id)]
    rows.push({ into: follow, bucket, line: copyLine([id, bucket, person.id, when]) })
    rows.push({ into: follower, bucket: theirs, line: copyLine([person.id, theirs, id, when]) })
  }
  for (const { movieId, at } of life.watchlist) {
    rows.push({ into: watchlist, bucket, line: copyLine([id, bucket, movieId, moment(at)]) })
    rows.push({ into: watchlistCount, bucket, line: copyLine([movieId, bucket, 1]) })
  }
  for (const one of life.views)
    rows.push({ into: view, bucket, line: copyLine([id, bucket, moment(one.at), one.id, one.movieId]) })
  return rows
}

/** Finds a user who is there already. */
export const anyUser = 'select 1 as one from profile limit 1'

/**
 * Gives the months since `$1` a partition of `view` each, where nothing that was seen before this month is in the way.
 * @param since  the first day of a month, as 2025-01-01
 */
export const partitionsSince = (since: string): string => `
do $seed$
declare
  beginning timestamptz := '${since}T00:00:00Z';
  until timestamptz;
  month timestamptz;
  following timestamptz;
begin
  if to_regclass('view_before') is null or exists (select from view_before) then return; end if;
  set local timezone = 'UTC';
  select min((regexp_match(pg_get_expr(c.relpartbound, c.oid), $re$FROM \\('([^']+)'\\)$re$))[1]::timestamptz) into until
    from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'view'::regclass;
  if until is null or beginning >= until then return; end if;
  set local lock_timeout = '2s';
  alter table view detach partition view_before;
  month := beginning;
  while month < until loop
    following := month + interval '1 month';
    execute format('create table %I partition of view for values from (%L) to (%L)',
      'view_' || to_char(month, 'YYYY_MM'), month, following);
    month := following;
  end loop;
  execute format('alter table view attach partition view_before for values from (minvalue) to (%L)', beginning);
end $seed$`
