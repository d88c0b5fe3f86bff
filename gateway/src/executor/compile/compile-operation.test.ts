import { expect, test } from '@jest/globals'
import { parse, type OperationDefinitionNode } from 'graphql'
import { planningDocument } from '../../planner/planning-document.ts'
import { readSupergraph } from '../../supergraph/read-supergraph.ts'
import { booksSdl, compose } from '../../testing/tiny-federation.ts'
import { compileOperation } from './compile-operation.ts'

const supergraph = readSupergraph(compose({ books: { sdl: booksSdl, url: 'http://127.0.0.1:9/' } }))

const compileWithoutPlan = (text: string): unknown => {
  const document = parse(text)
  const definition = document.definitions[0] as OperationDefinitionNode
  const planning = planningDocument(document, definition, {}, supergraph)
  return compileOperation(planning, { kind: 'QueryPlan' }, supergraph)
}

test('a plan that asks nothing is an error when the client asks something', () => {
  expect(() => compileWithoutPlan('{ books { title } }')).toThrow(
    expect.objectContaining({ code: 'QUERY_PLANNING_FAILED' }),
  )
})

test.each(['{ __typename }', '{ __schema { queryType { name } } }'])('it is right for %s', text => {
  expect(() => compileWithoutPlan(text)).not.toThrow()
})
