import type { DomainModel } from '@marquee/data'
import { MovieEntity } from './entities/movie.ts'
import { GenreEntity, PersonEntity, StudioEntity } from './entities/named.ts'
import { ReviewEntity } from './entities/review.ts'
import { migrations } from './migrations/index.ts'

/** What the domain `movies` keeps: entities and migrations. */
export const moviesModel: DomainModel = Object.freeze({
  domain: 'movies',
  entities: Object.freeze([MovieEntity, PersonEntity, StudioEntity, GenreEntity, ReviewEntity]),
  migrations,
})
