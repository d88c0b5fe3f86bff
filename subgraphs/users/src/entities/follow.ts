import { defineEntity, p } from '@marquee/data'

/** Whom a user follows. Owned by the one who follows. */
export const FollowEntity = defineEntity({
  name: 'Follow',
  tableName: 'follow',
  properties: {
    followerId: p.uuid().primary(),
    followeeId: p.uuid().primary(),
    followedAt: p.datetime(3),
  },
})

/** Who follows a user: the same fact as a row of `follow`, owned by the one who is followed. */
export const FollowerEntity = defineEntity({
  name: 'Follower',
  tableName: 'follower',
  properties: {
    followeeId: p.uuid().primary(),
    followerId: p.uuid().primary(),
    followedAt: p.datetime(3),
  },
})
