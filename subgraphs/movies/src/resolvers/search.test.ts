import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { codeOf, serveMovies, type ServedMovies } from '../testing/serve-movies.ts'

let movies: ServedMovies

beforeAll(async () => {
  movies = await serveMovies()
})
afterAll(() => movies.stop())

type Hits = { search: { score: number; node: { __typename: string; displayName: string } }[] }

const search = async (args: string): Promise<Hits['search']> => {
  const answer = await movies.ask<Hits>(
    `{ search(${args}) { score node { __typename ... on CatalogueItem { displayName } } } }`,
  )
  expect(answer.errors).toBeUndefined()
  return answer.data?.search ?? []
}

describe('search', () => {
  test.each([
    ['Inception', 'Movie', 'Inception'],
    ['Incepton', 'Movie', 'Inception'],
    ['Spilberg', 'Person', 'Steven Spielberg'],
    ['spielberg steven', 'Person', 'Steven Spielberg'],
    ['amelie poulain', 'Movie', "Le Fabuleux destin d'Amélie Poulain"],
    ['up', 'Movie', 'Up'],
    ['warner bros', 'Studio', 'Warner Bros.'],
    ['shawshank redemtion', 'Movie', 'The Shawshank Redemption'],
    ['wizzard of oz', 'Movie', 'The Wizard of Oz'],
    ['Tarrantino', 'Person', 'Quentin Tarantino'],
  ])('%s finds the %s %s first', async (text, type, name) => {
    const [best] = await search(`text: ${JSON.stringify(text)}`)
    expect(best?.node).toEqual({ __typename: type, displayName: name })
  })

  test('gives the best match first, scores between 0 and 1, no more than asked', async () => {
    const hits = await search('text: "the", first: 50')
    const scores = hits.map(hit => hit.score)
    expect(hits).toHaveLength(50)
    expect(scores).toEqual(scores.toSorted((one, other) => other - one))
    expect(Math.max(...scores)).toBeLessThanOrEqual(1)
    expect(Math.min(...scores)).toBeGreaterThan(0)
  })

  test('among the types asked for', async () => {
    const people = await search('text: "warner", types: [PERSON, STUDIO]')
    expect(new Set(people.map(hit => hit.node.__typename))).not.toContain('Movie')
    expect(people[0]?.node.displayName).toBe('Warner Bros.')
  })

  test('what is like nothing finds nothing', async () => {
    expect(await search('text: "qqqqxxxzzz"')).toEqual([])
    expect(await search('text: "!?%_"')).toEqual([])
  })

  test.each([
    ['text: ""', 'BAD_USER_INPUT'],
    [String.raw`text: " \n\u0000"`, 'BAD_USER_INPUT'],
    [`text: "${'long '.repeat(2000)}"`, 'BAD_USER_INPUT'],
    ['text: "a", types: []', 'BAD_USER_INPUT'],
    ['text: "a", first: 0', 'PAGE_SIZE_OUT_OF_RANGE'],
    ['text: "a", first: 51', 'PAGE_SIZE_OUT_OF_RANGE'],
  ])('search(%.40s) is %s', async (args, code) => {
    expect(codeOf(await movies.ask(`{ search(${args}) { score } }`))).toBe(code)
  })

  test('many searches and their nodes take one statement each and one a type', async () => {
    const statements = await movies.statementsOf(() => search('text: "steven", first: 50'))
    expect(statements.length).toBeLessThanOrEqual(4)
  })
})

describe('similar', () => {
  test('gives other films that share most, for many films in one statement', async () => {
    type Similar = {
      movies: { nodes: { title: string; similar: { title: string; director: { name: string } | null }[] }[] }
    }
    const query = `{ movies(first: 20, filter: { titleContains: "kill bill" }) {
      nodes { title similar(first: 5) { title director { name } } } } }`
    const statements = await movies.statementsOf(async () => {
      const { data } = await movies.ask<Similar>(query)
      const nodes = data?.movies.nodes ?? []
      expect(nodes.map(node => node.title)).toEqual(['Kill Bill: Volume 1', 'Kill Bill: Volume 2'])
      for (const { title, similar } of nodes) {
        expect(similar).toHaveLength(5)
        expect(similar.map(movie => movie.title)).not.toContain(title)
      }
      expect(nodes[0]?.similar[0]?.title).toBe('Kill Bill: Volume 2')
    })
    expect(statements).toHaveLength(3)
  })

  test.each(['first: 0', 'first: 51'])('similar(%s) is refused', async args => {
    const answer = await movies.ask(`{ movies(first: 1) { nodes { similar(${args}) { id } } } }`)
    expect(codeOf(answer)).toBe('PAGE_SIZE_OUT_OF_RANGE')
  })
})
