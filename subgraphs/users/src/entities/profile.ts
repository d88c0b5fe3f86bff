import { defineEntity, p } from '@marquee/data'

/** What others see of a user. Owned by the user. Its id is the UUID of the account in the auth subgraph. */
export const ProfileEntity = defineEntity({
  name: 'Profile',
  tableName: 'profile',
  properties: {
    id: p.uuid().primary(),
    /** The bucket of the id; the rows that the user owns have the same. */
    bucket: p.smallint(),
    /** 3 to 30 of a-z, 0-9 and _; unique: `handle_reservation` sees to that. */
    handle: p.text(),
    name: p.text(),
    bio: p.text().nullable(),
    favouriteGenres: p.array().columnType('text[]').$type<string[]>(),
    /** Rows of `follower` that the user owns; kept in the transaction that changes them. */
    followerCount: p.integer(),
    /** Rows of `follow` that the user owns; kept in the transaction that changes them. */
    followingCount: p.integer(),
    createdAt: p.datetime(3),
  },
})
