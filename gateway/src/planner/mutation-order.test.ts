import { describe, expect, test } from '@jest/globals'
import { buildSchema, parse, stripIgnoredCharacters, type OperationDefinitionNode } from 'graphql'
import { planningDocument } from './planning-document.ts'

const supergraph = Object.freeze({
  apiSchema: buildSchema(`
    interface Doing { a: Int } interface Other { a: Int }
    type Mutation implements Doing { a: Int b: Int c: Thing }
    type Elsewhere implements Doing & Other { a: Int }
    type Thing { x: Int y: Int } type Query { a: Int b: Int }`),
  plannerNames: new Set(['__typename']),
  requiredWithArguments: new Set<string>(),
})

const planned = (text: string): string => {
  const document = parse(text)
  const [definition] = document.definitions as [OperationDefinitionNode]
  return stripIgnoredCharacters(planningDocument(document, definition, {}, supergraph).text)
}

describe('the order of mutations', () => {
  test.each([
    ['fragments are written out', 'mutation{...on Mutation{b}a ...{c{x}}}', 'mutation{b a c{x}}'],
    ['named ones as well, once', 'mutation{...F b ...F} fragment F on Mutation{a}', 'mutation{a b}'],
    ['equal names stand together', 'mutation{a c{x} ...{b c{y} a}}', 'mutation{a a c{x}c{y}b}'],
    [
      'what conditions leave out holds no place',
      'mutation{...{b @skip(if:true) a}...@include(if:false){c{x}}b}',
      'mutation{a b}',
    ],
    [
      'fragments on an interface of the root apply, others do not',
      'mutation{...on Doing{...on Other{n:a}a}b}',
      'mutation{a b}',
    ],
    [
      'fragments further down stay',
      'mutation{...{c{...F}}} fragment F on Thing{x}',
      'mutation{c{...F}}fragment F on Thing{x}',
    ],
    ['queries stay as they are', '{...on Query{b}a}', '{...on Query{b}a}'],
  ])('%s', (_what, text, expected) => {
    expect(planned(text)).toBe(expected)
  })
})
