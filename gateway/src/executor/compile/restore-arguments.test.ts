import { describe, expect, test } from '@jest/globals'
import type { PlanSelection } from '../../planner/query-plan.ts'
import { parseFieldSet } from '../../supergraph/field-set.ts'
import { checkRepresentation, restoreArguments } from './restore-arguments.ts'
import { Kind } from 'graphql'

const [sizeInInches] = parseFieldSet('size(unit: "inch")').selections
if (sizeInInches?.kind !== Kind.FIELD) throw new Error('it is a field')

const known = {
  standIns: new Map([['size__required_1', { field: 'size', arguments: sizeInInches.arguments ?? [] }]]),
  isSubtype: (type: string, condition: string) => type === condition || condition === 'Sized',
}

const on = (typeCondition: string, ...names: string[]): PlanSelection => ({
  kind: 'InlineFragment',
  typeCondition,
  selections: names.map(name => ({ kind: 'Field', name })),
})

describe('a field that stands in for one with arguments', () => {
  test('is that field again, under its own name', () => {
    const operation = restoreArguments('{ t { size size__required_1 x: size__required_1 } }', known)
    expect(operation.replaceAll(/\s+/g, ' ')).toBe(
      '{ t { size size__required_1: size(unit: "inch") x: size(unit: "inch") } }',
    )
  })

  test.each([
    ['the same type', [on('T', 'size', 'size__required_1')]],
    ['a type and its interface', [on('Sized', 'size'), on('T', 'size__required_1')]],
    [
      'an object inside',
      [{ kind: 'Field', name: 'part', selections: [on('T', 'size', 'size__required_1')] }],
    ],
  ] as const)('cannot be sent beside that field: %s', (_where, requires) => {
    expect(() => checkRepresentation(requires, known)).toThrow(
      expect.objectContaining({ code: 'QUERY_PLANNING_FAILED' }),
    )
  })

  test('can be sent of one type, and the field of another', () => {
    expect(() => checkRepresentation([on('T', 'size'), on('U', 'size__required_1')], known)).not.toThrow()
  })
})
