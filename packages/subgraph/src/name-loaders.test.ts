import { AsyncLocalStorage } from 'node:async_hooks'
import { expect, test } from '@jest/globals'
import DataLoader from 'dataloader'
import type { WithTags } from './definition.ts'
import { nameLoaders } from './name-loaders.ts'
import { countingDatabase, filmSubgraph, type Em } from './testing/film-subgraph.ts'
import { serveTestSubgraph } from './testing/serve-test-subgraph.ts'

type Tags = Readonly<{ field?: string; loader?: string }>

const tagging = () => {
  const current = new AsyncLocalStorage<Tags>()
  const withTags: WithTags = (tags, work) => current.run({ ...current.getStore(), ...tags }, work)
  return { current, withTags }
}

test('a batch carries the name of its loader and the field of its first load, nested loaders their path', async () => {
  const { current, withTags } = tagging()
  const batches: [Tags | undefined, readonly unknown[]][] = []
  const loader = () =>
    new DataLoader<number, number>(keys => {
      batches.push([current.getStore(), keys])
      return Promise.resolve([...keys])
    })
  const loaders = Object.freeze({
    one: loader(),
    of: { Person: loader() },
    other: () => 7,
    size: 3,
    none: null,
  })
  nameLoaders(loaders, withTags)
  await Promise.all([
    withTags({ field: 'Query.first' }, () => loaders.one.load(1)),
    withTags({ field: 'Query.second' }, async () => {
      await Promise.resolve()
      return loaders.one.loadMany([2, 3])
    }),
    loaders.of.Person.load(4),
  ])
  expect(batches).toEqual([
    [{ field: 'Query.first', loader: 'one' }, [1, 2, 3]],
    [{ loader: 'of.Person' }, [4]],
  ])
})

test('a served subgraph names fields and loaders by itself, whatever aliases a client takes', async () => {
  const { current, withTags } = tagging()
  const { database } = countingDatabase()
  const seen: (Tags | undefined)[] = []
  const named = {
    ...database,
    withTags,
    fork: (): Em => {
      const em = database.fork()
      return {
        ...em,
        find: ids => {
          seen.push(current.getStore())
          return em.find(ids)
        },
      }
    },
  }
  const subgraph = await serveTestSubgraph(filmSubgraph(named))
  await subgraph.ask('{ mine: film(id: "1") { name: title } }')
  await subgraph.ask('query ($r: [_Any!]!) { _entities(representations: $r) { ... on Film { title } } }', {
    r: [{ __typename: 'Film', id: '1' }],
  })
  await subgraph.drain()
  expect(seen).toEqual([
    { field: 'Query.film', loader: 'film' },
    { field: 'Film.__resolveReference', loader: 'film' },
  ])
})
