import { defineEntity, p } from '@marquee/data'

/** That a user has seen a movie, once. Owned by the user. */
export const ViewEntity = defineEntity({
  name: 'View',
  tableName: 'view',
  properties: {
    userId: p.uuid().primary(),
    bucket: p.smallint(),
    at: p.datetime(3).primary(),
    id: p.uuid().primary(),
    movieId: p.uuid(),
  },
})
