import { MarqueeError } from '@marquee/contract'
import { bucketOf, sqlRows, type ShardedDatabase } from '@marquee/data'

const earliest = new Date('1900-01-01T00:00:00Z')
/** How far ahead of ours the clock of a client may be. */
const maxSkewMs = 5 * 60_000

/**
 * Notes that a user has seen a movie. The user has a profile.
 * @throws BAD_USER_INPUT when `at` is before 1900 or lies in the future
 */
export const recordView = async (
  database: ShardedDatabase,
  { userId, movieId, at }: Readonly<{ userId: string; movieId: string; at: Date }>,
): Promise<void> => {
  if (at < earliest) throw new MarqueeError('BAD_USER_INPUT', { reason: '`at` must not be before 1900.' })
  if (at.getTime() > Date.now() + maxSkewMs) {
    throw new MarqueeError('BAD_USER_INPUT', { reason: '`at` must not be in the future.' })
  }
  await database.transaction(userId, em =>
    sqlRows(em, 'insert into view (user_id, bucket, movie_id, at) values ($1, $2, $3, $4)', [
      userId,
      bucketOf(userId),
      movieId,
      at,
    ]),
  )
}
