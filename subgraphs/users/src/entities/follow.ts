import { defineEntity, p } from '@marquee/data'

/** Whom a user follows. Owned by the one who follows. */
export const FollowEntity = defineEntity({
  name: 'Follow',
  tableName: 'follow',
  properties: {
    followerId: p.uuid().primary(),
    bucket: p.smallint(),
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
    bucket: p.smallint(),
    followerId: p.uuid().primary(),
    followedAt: p.datetime(3),
  },
})

/** That both sides of a follow may differ: what `follow` says is to be carried to the owner of `follower`. */
export const FollowTaskEntity = defineEntity({
  name: 'FollowTask',
  tableName: 'follow_task',
  properties: {
    followerId: p.uuid().primary(),
    bucket: p.smallint(),
    followeeId: p.uuid().primary(),
    /** The last change of `follow`: who carries it deletes this task and no later one. */
    claim: p.uuid(),
    /** When that was, or when the sweeper last took it up. */
    at: p.datetime(3),
  },
})
