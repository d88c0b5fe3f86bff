import type { DomainModel } from '@marquee/data'
import { FollowEntity, FollowerEntity, FollowTaskEntity } from './entities/follow.ts'
import { HandleReservationEntity } from './entities/handle-reservation.ts'
import { ProfileEntity } from './entities/profile.ts'
import { ViewEntity } from './entities/view.ts'
import { MovieWatchlistCountEntity, WatchlistEntity } from './entities/watchlist.ts'
import { M0001Profiles } from './migrations/m0001-profiles.ts'
import { M0002ViewsByMonth } from './migrations/m0002-views-by-month.ts'
import { M0003Shards } from './migrations/m0003-shards.ts'

/** What the domain `users` keeps: tables and the migrations that make them, oldest first. */
export const usersModel: DomainModel = Object.freeze({
  domain: 'users',
  sharded: true,
  entities: Object.freeze([
    ProfileEntity,
    FollowEntity,
    FollowerEntity,
    WatchlistEntity,
    MovieWatchlistCountEntity,
    ViewEntity,
    HandleReservationEntity,
    FollowTaskEntity,
  ]),
  migrations: Object.freeze([
    { name: 'm0001-profiles', class: M0001Profiles },
    { name: 'm0002-views-by-month', class: M0002ViewsByMonth },
    { name: 'm0003-shards', class: M0003Shards },
  ]),
})
