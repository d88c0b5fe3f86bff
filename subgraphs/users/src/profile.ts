/** What the users subgraph knows of a user: the parent of the fields of `User`. */
export type Profile = Readonly<{
  /** UUID, the same as the account's. */
  id: string
  handle: string
  name: string
  bio: string | null
  /** Names of genres. */
  favouriteGenres: readonly string[]
  followerCount: number
  followingCount: number
}>

/** The columns of a `ProfileRow`. */
export const profileColumns = 'id, handle, name, bio, favourite_genres, follower_count, following_count'

export type ProfileRow = Readonly<{
  id: string
  handle: string
  name: string
  bio: string | null
  favourite_genres: readonly string[]
  follower_count: number
  following_count: number
}>

export const toProfile = (row: ProfileRow): Profile =>
  Object.freeze({
    id: row.id,
    handle: row.handle,
    name: row.name,
    bio: row.bio,
    favouriteGenres: Object.freeze([...row.favourite_genres]),
    followerCount: row.follower_count,
    followingCount: row.following_count,
  })
