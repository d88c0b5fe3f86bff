import { defineEntity, MikroORM, p, type EntityManager } from '@mikro-orm/postgresql'

// MikroORM as its documentation sets it up for replicas: what this project's routing is measured beside.

export const Film = defineEntity({
  name: 'Film',
  tableName: 'movie',
  properties: {
    id: p.uuid().primary(),
    title: p.text(),
    ratingCount: p.integer(),
    ratingSum: p.integer(),
    reviews: () => p.oneToMany(Review).mappedBy('film'),
  },
})

export const Review = defineEntity({
  name: 'Review',
  tableName: 'review',
  properties: {
    id: p.uuid().primary(),
    film: () => p.manyToOne(Film).joinColumn('movie_id'),
    stars: p.smallint(),
    text: p.text(),
  },
})

export type PlainOrm = Readonly<{ fork: () => EntityManager; close: () => Promise<void> }>

/** @param servers  the writer first */
export const openPlainOrm = ([writer = '', ...readers]: readonly string[]): PlainOrm => {
  const orm = new MikroORM({
    clientUrl: writer,
    replicas: readers.map(clientUrl => ({ clientUrl })),
    entities: [Film, Review],
    ensureDatabase: false,
    logger: () => undefined,
    metadataCache: { enabled: false },
  })
  return { fork: () => orm.em.fork(), close: () => orm.close(true) }
}
