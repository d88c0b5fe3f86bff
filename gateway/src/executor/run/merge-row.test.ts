import { describe, expect, test } from '@jest/globals'
import { Kind, parse, type OperationDefinitionNode } from 'graphql'
import { Layout } from '../compile/lay-out.ts'
import { compileRepresentation } from '../compile/representation.ts'
import type { DataRewrite, PlanSelection } from '../../planner/query-plan.ts'
import { mergeRow, type NodeStore, type Row } from './merge-row.ts'
import { ResponseNode } from './response-node.ts'

const store = (): NodeStore => ({ interned: [], isObjectType: name => name !== 'Account' })

/** Lays out several fetches of one entity, and merges their rows in turn. */
const merged = (...fetches: (readonly [text: string, row: Row, rewrites?: readonly DataRewrite[]])[]) => {
  const layout = new Layout()
  const position = layout.at(['entity'])
  const selections = fetches.map(([text, , rewrites = []], fetch) => {
    const document = parse(text)
    const [operation] = document.definitions as readonly OperationDefinitionNode[]
    layout.arrive(position, fetch, false)
    const set = operation?.selectionSet ?? { kind: Kind.SELECTION_SET, selections: [] }
    return layout.select(position, fetch, set, document, rewrites)
  })
  layout.finish()
  const node = new ResponseNode(position)
  fetches.forEach(([, row], fetch) => {
    const selection = selections[fetch]
    if (selection !== undefined) mergeRow(store(), node, row, selection)
  })
  const valueOf = (name: string): unknown => node.values[position.fields.get(name)?.slot ?? -1]
  return { node, position, valueOf }
}

describe('rows of several fetches make one node', () => {
  test.each([
    ['after it', [{ name: 'Ada' }, { name: null }]],
    ['before it', [{ name: null }, { name: 'Ada' }]],
  ])('null takes the place of no value: %s', (_when, rows) => {
    const { valueOf } = merged(...rows.map(row => ['{ name }', row] as const))
    expect(valueOf('name')).toBe('Ada')
  })

  test.each([
    ['interface first', ['Account', 'Regular']],
    ['type first', ['Regular', 'Account']],
  ])("a type's name stays, an interface's gives way: %s", (_order, names) => {
    const { node } = merged(...names.map(__typename => ['{ __typename }', { __typename }] as const))
    expect(node.typename).toBe('Regular')
  })

  test("the planner's alias gets the name that it stands for", () => {
    const rename: DataRewrite = { kind: 'KeyRenamer', path: ['... on T', 'id__alias_0'], renameKeyTo: 'id' }
    const { valueOf, position } = merged(['{ ... on T { id__alias_0: id } }', { id__alias_0: '7' }, [rename]])
    expect(valueOf('id')).toBe('7')
    expect([...position.fields.keys()]).toEqual(['id'])
  })
})

describe('a representation', () => {
  const requires: readonly PlanSelection[] = [
    {
      kind: 'InlineFragment',
      typeCondition: 'T',
      selections: ['__typename', 'id', 'price'].map(name => ({ kind: 'Field', name })),
    },
  ]
  const represented = (row: Row): string | undefined => {
    const { node, position } = merged(['{ __typename id price }', { __typename: 'T', ...row }])
    const { partsOf, write } = compileRepresentation(requires, [], position, {
      isSubtype: (a, b) => a === b,
      standIns: new Map(),
      keysOf: () => [new Map()],
    })
    const parts: unknown[] = []
    const count = partsOf(node, parts)
    return count <= 0 ? undefined : write(parts.slice(0, count))
  }

  test.each<[string, Row, string | undefined]>([
    ['has null for null', { id: '1', price: null }, '{"__typename":"T","id":"1","price":null}'],
    [
      'has a text that looks like null',
      { id: 'null', price: null },
      '{"__typename":"T","id":"null","price":null}',
    ],
    ['is not made without a value that nobody gave', { id: '1' }, undefined],
    ['is not made of nulls alone', { id: null, price: null }, undefined],
  ])('%s', (_what, row, text) => {
    expect(represented(row)).toBe(text)
  })
})
