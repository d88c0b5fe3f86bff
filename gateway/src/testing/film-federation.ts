import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compose, startPlainSubgraph, type PlainSubgraph } from './tiny-federation.ts'

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])`

const filmsSdl = `${link}
  type Query { film(id: ID!): Film, films: [Film]!, broken: String, search: [Found!]! }
  type Mutation { rename(id: ID!): Film }
  union Found = Film | Cinema
  type Film @key(fields: "id") { id: ID!, title: String!, director: Person, sequel: Film, failing: Film }
  type Person @key(fields: "id") { id: ID!, name: String }
  type Cinema { city: String!, phone: String }
`

const reviewsSdl = `${link}
  type Query { latest: Review }
  type Film @key(fields: "id") { id: ID!, score: Int, rank: Int!, reviews: [Review!]! }
  type Review { stars: Int!, author: Person }
  type Person @key(fields: "id") { id: ID! }
`

const usersSdl = `${link}
  type Person @key(fields: "id") { id: ID!, nick: String }
`

const titles: Readonly<Record<string, string>> = { 1: 'Solaris', 2: 'Stalker', 3: 'Mirror' }

/** Things that wait until they are let through. Open unless held. */
const gates = () => {
  const closed = new Map<string, PromiseWithResolvers<void>>()
  const open = (name: string): void => {
    closed.get(name)?.resolve()
    closed.delete(name)
  }
  return {
    hold: (name: string) => {
      closed.set(name, Promise.withResolvers())
      return () => open(name)
    },
    pass: async (name: string) => closed.get(name)?.promise,
  }
}

type Film = Readonly<{ id: string }>

const filmOf = (id: string): object | null => {
  const title = titles[id]
  return title === undefined
    ? null
    : { __typename: 'Film', id, title, director: { id: `p${id}`, name: `Director ${id}` } }
}

const startAll = async (pass: (name: string) => Promise<void>) => {
  const films = await startPlainSubgraph(filmsSdl, {
    Query: {
      film: (_source, { id }) => filmOf(id),
      films: () => ['1', '2', 'none', '3'].map(filmOf),
      search: () => [filmOf('1'), { __typename: 'Cinema', city: 'Riga' }],
      broken: () => {
        throw new Error('broken')
      },
    },
    Cinema: {
      phone: () => {
        throw Object.assign(new Error('no phone'), { extensions: { code: 'NO_PHONE' } })
      },
    },
    Mutation: { rename: (_source, { id }) => filmOf(id) },
    Film: {
      __resolveReference: async film => {
        await pass('films again')
        return filmOf((film as Film).id)
      },
      sequel: film => filmOf(`${Number((film as Film).id) + 1}`),
      failing: () => {
        throw Object.assign(new Error('no such film'), { extensions: { code: 'NO_FILM' } })
      },
    },
  })
  const reviews = await startPlainSubgraph(reviewsSdl, {
    Query: { latest: () => ({ stars: 1 }) },
    Film: {
      __resolveReference: film => film,
      score: async film => {
        await pass('score')
        if ((film as Film).id === '3')
          throw Object.assign(new Error('no score'), { extensions: { code: 'NO_SCORE' } })
        return Number((film as Film).id) * 10
      },
      rank: async film => {
        await pass('rank')
        if ((film as Film).id === '2')
          throw Object.assign(new Error('no rank'), { extensions: { code: 'NO_RANK' } })
        return Number((film as Film).id)
      },
      reviews: async film => {
        await pass('reviews')
        return [1, 2].map(stars => ({ stars, author: { id: `a${stars}${(film as Film).id}` } }))
      },
    },
  })
  const users = await startPlainSubgraph(usersSdl, {
    Person: {
      __resolveReference: person => person,
      nick: async person => {
        await pass('nick')
        return `nick ${(person as Film).id}`
      },
    },
  })
  return { films, reviews, users }
}

export type FilmFederation = Readonly<{
  films: PlainSubgraph
  reviews: PlainSubgraph
  users: PlainSubgraph
  supergraphFile: string
  sdl: string
  /** Lets whoever answers a field (or `films again`: entities of films) wait. @returns what lets it through */
  hold: (name: string) => () => void
  stop: () => Promise<void>
}>

/** Films, their reviews and people, in three plain subgraphs whose fields can be held. */
export const startFilmFederation = async (): Promise<FilmFederation> => {
  const { hold, pass } = gates()
  const subgraphs = await startAll(pass)
  const { films, reviews, users } = subgraphs
  const folder = await mkdtemp(join(tmpdir(), 'marquee-films-'))
  const supergraphFile = join(folder, 'supergraph.graphql')
  const sdl = compose({
    films: { sdl: filmsSdl, url: films.url },
    reviews: { sdl: reviewsSdl, url: reviews.url },
    users: { sdl: usersSdl, url: users.url },
  })
  await writeFile(supergraphFile, sdl)
  return {
    ...subgraphs,
    supergraphFile,
    sdl,
    hold,
    stop: async () => {
      await Promise.all(Object.values(subgraphs).map(({ stop }) => stop()))
      await rm(folder, { recursive: true, force: true })
    },
  }
}
