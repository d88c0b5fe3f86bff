import { defineEntity, LoadStrategy, MikroORM, p, type EntityName } from '@mikro-orm/postgresql'

// MikroORM by itself: the peer.

/** Its own entities for what ours reads with hand-written SQL: it knows children by a relation. */
export const Film = defineEntity({
  name: 'Film',
  tableName: 'movie',
  properties: {
    id: p.uuid().primary(),
    title: p.text(),
    reviews: () => p.oneToMany(FilmReview).mappedBy('film'),
  },
})

export const FilmReview = defineEntity({
  name: 'FilmReview',
  tableName: 'review',
  properties: {
    id: p.uuid().primary(),
    film: () => p.manyToOne(Film).joinColumn('movie_id'),
    authorId: p.uuid(),
    stars: p.smallint(),
    text: p.text(),
    createdAt: p.datetime(3),
    editedAt: p.datetime(3).nullable(),
  },
})

/** With the pool and the strategy that ours has. */
export const openPlainOrm = (clientUrl: string, entities: readonly EntityName[]): MikroORM =>
  new MikroORM({
    clientUrl,
    entities: [...entities],
    pool: { max: 10 },
    loadStrategy: LoadStrategy.JOINED,
    ensureDatabase: false,
    logger: () => undefined,
    metadataCache: { enabled: false },
  })
