import { expect, test } from '@jest/globals'
import { Kind, parse } from 'graphql'
import { readSupergraph } from '../supergraph/read-supergraph.ts'
import { compose } from '../testing/tiny-federation.ts'
import { deferredDocument } from './deferred-fragments.ts'

const sdl = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
  type Query { media: Media, film: Film }
  interface Media { title: String }
  type Film implements Media @key(fields: "id") { id: ID!, title: String }
  type Song implements Media { title: String, length: Int }
`
const supergraph = readSupergraph(compose({ media: { sdl, url: 'http://media.test/' } }), { defer: true })

const written = (text: string, variables = {}) => {
  const document = parse(text)
  const definition = document.definitions.find(node => node.kind === Kind.OPERATION_DEFINITION)
  if (definition === undefined) throw new Error('no operation')
  const deferred = deferredDocument(document, definition, variables, supergraph)
  return deferred && { text: deferred.planning.text.replaceAll(/\s+/g, ' '), labels: [...deferred.labels] }
}

test('each deferred fragment has a label of its own, a named one at each place', () => {
  expect(
    written(
      '{ a: film { ...F @defer(label: "x") } b: film { ...F } } fragment F on Film { id ... @defer { title } }',
    ),
  ).toEqual({
    text:
      '{ a: film { ... @defer(label: "d0") { id ... @defer(label: "d1") { title } } __marquee_empty: __typename }' +
      ' b: film { ... { id ... @defer(label: "d2") { title } } } }',
    labels: [
      ['d0', 'x'],
      ['d1', undefined],
      ['d2', undefined],
    ],
  })
})

test('named fragments that have nothing to do with it stay as they are', () => {
  expect(written('{ film { ...F ... @defer { title } } } fragment F on Film { id }')?.text).toBe(
    '{ film { ...F ... @defer(label: "d0") { title } } } fragment F on Film { id }',
  )
})

test('variables decide', () => {
  const text = 'query ($on: Boolean = true) { film { id ... @defer(if: $on, label: "l") { title } } }'
  expect(written(text)?.labels).toEqual([['d0', 'l']])
  expect(written(text, { on: true })?.text).toBe('{ film { id ... @defer(label: "d0") { title } } }')
  expect(written(text, { on: false })).toBeUndefined()
  expect(() => written(text, { on: null })).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }))
})

// The planner runs in circles on the first one, until it is out of memory.
test.each([
  [
    '{ media { title ... on Film { ... on Media { ... on Film @defer { id } } } } }',
    '{ media { title ... on Film { ... { ... @defer(label: "d0") { id } } } } }',
  ],
  [
    '{ film { id ... on Media { ... on Song { length } ... @defer { title } } } }',
    '{ film { id ... { ... @defer(label: "d0") { title } } } }',
  ],
])('type conditions that always hold go, and what never applies: %s', (text, expected) => {
  expect(written(text)?.text).toBe(expected)
})
