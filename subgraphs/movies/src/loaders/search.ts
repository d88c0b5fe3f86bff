import { sqlRows, type EntityManager } from '@marquee/data'
import DataLoader from 'dataloader'

export type SearchKind = 'movie' | 'person' | 'studio'

/** `text` in the form of `searchText`. */
export type Search = Readonly<{ text: string; kinds: readonly SearchKind[]; size: number }>

export type Hit = Readonly<{ kind: SearchKind; id: string; score: number }>

/** Names like a text, best first: one statement for each search that is not like another. */
export const searches = (em: EntityManager): DataLoader<Search, readonly Hit[], string> =>
  new DataLoader(
    wanted =>
      Promise.all(
        wanted.map(({ text, kinds, size }) =>
          sqlRows<Hit>(em, 'select kind, id, score from search_catalogue($1, $2::text[], $3::integer)', [
            text,
            kinds,
            size,
          ]),
        ),
      ),
    { cacheKeyFn: search => JSON.stringify(search) },
  )
