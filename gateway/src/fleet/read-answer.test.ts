import { describe, expect, test } from '@jest/globals'
import { clientRequest, products, query, templates, testConfig } from './testing/fetches.ts'
import { fetchRunner } from './run-fetches.ts'
import type { Fetch, FetchAnswer } from './fetch.ts'

/** One fetch alone, and an answer to it that is given whatever it asks. */
const read = async (fetch: Fetch, answer: unknown): Promise<FetchAnswer | undefined> => {
  const run = fetchRunner({ config: testConfig(), send: () => Promise.resolve(answer as never) })
  const [read] = await run([fetch], clientRequest())
  return read
}

const two = products(templates.names, ['1', '2'])
const rows = [{ name: 'a' }, null]

describe('entities', () => {
  test('come as the rows themselves, not as a copy', async () => {
    expect((await read(two, { data: { _entities: rows } }))?.rows).toBe(rows)
  })

  test.each<[string, unknown]>([
    ['fewer rows than asked', { data: { _entities: [null] } }],
    ['more rows than asked', { data: { _entities: [null, null, null] } }],
    ['no rows at all', { data: {} }],
    ['null without an error', { data: { _entities: null } }],
    ['no list', { data: { _entities: { 0: null, length: 2 } } }],
    ['no list, and an error', { data: { _entities: 'x' }, errors: [{ message: 'm' }] }],
    ['data that is a list', { data: [] }],
    ['data that is a text', { data: 'x' }],
    ['nothing', {}],
    ['null', { data: null }],
    ['errors that are none', { data: null, errors: [] }],
    ['errors that are no list', { errors: 'x' }],
  ])('%s is a bad response', async (_what, answer) => {
    const read_ = await read(two, answer)
    expect(read_).toMatchObject({
      errors: [],
      failure: { code: 'SUBGRAPH_BAD_RESPONSE', details: { service: 'shop' } },
    })
    expect(read_).not.toHaveProperty('rows')
  })

  test.each<[string, unknown]>([
    ['null', { data: { _entities: null }, errors: [{ message: 'm', path: ['_entities', 1, 'name'] }] }],
    ['missing', { data: {}, errors: [{ message: 'm', path: ['_entities'] }] }],
    ['without data', { data: null, errors: [{ message: 'm', path: ['_entities', 0] }] }],
  ])('%s with errors: no rows, and errors without a row', async (_what, answer) => {
    const { sent: _sent, ...rest } = (await read(two, answer)) ?? { errors: [] }
    expect(rest).toEqual({ errors: [{ message: 'm' }] })
  })

  test.each<[unknown, unknown]>([
    [
      ['_entities', 1, 'name', 0, 'x'],
      [1, 'name', 0, 'x'],
    ],
    [['_entities', 0], [0]],
    [['_entities'], undefined],
    [['_entities', 2], undefined],
    [['_entities', -1], undefined],
    [['_entities', 0.5], undefined],
    [['_entities', '1'], undefined],
    [['other', 1], undefined],
    [[], undefined],
    [[1], undefined],
    [['_entities', 1, null], undefined],
    [['_entities', 1, {}], undefined],
    ['_entities.1', undefined],
    [null, undefined],
    [undefined, undefined],
  ])('the error path %j becomes %j', async (path, expected) => {
    const answer = await read(two, { data: { _entities: rows }, errors: [{ message: 'm', path }] })
    expect(answer?.rows).toBe(rows)
    expect(answer?.errors).toEqual([{ message: 'm', ...(expected !== undefined && { path: expected }) }])
  })
})

describe('a query', () => {
  test('comes as its data, with errors where they belong', async () => {
    const data = { greet: null }
    const errors = [{ message: 'm', path: ['greet', 0], extensions: { code: 'X' }, locations: [] }]
    const answer = await read(query(templates.greet), { data, errors })
    expect(answer?.data).toBe(data)
    expect(answer?.errors).toEqual([{ message: 'm', path: ['greet', 0], extensions: { code: 'X' } }])
  })

  test('without data keeps the errors and their places', async () => {
    const answer = await read(query(templates.greet), {
      data: null,
      errors: [null, { message: 3, extensions: 'x' }, { message: 'm', path: ['greet'] }],
    })
    expect(answer?.errors.toSorted((a, b) => a.message.length - b.message.length)).toEqual([
      { message: 'm', path: ['greet'] },
      { message: 'an error without a message' },
      { message: 'an error without a message' },
    ])
    expect(answer).not.toHaveProperty('data')
    expect(answer).not.toHaveProperty('failure')
  })
})
