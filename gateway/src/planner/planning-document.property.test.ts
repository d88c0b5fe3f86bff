import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  executeSync,
  NoUnusedFragmentsRule,
  NoUnusedVariablesRule,
  parse,
  print,
  specifiedRules,
  validate,
  visit,
  type DocumentNode,
  type OperationDefinitionNode,
} from 'graphql'
import { emptySelectionName, planningDocument, type PlanningDocument } from './planning-document.ts'
import { anyOperation, clashingSchema, namesOfPlanner, rootOf } from './testing/any-operation.ts'

type Variables = Readonly<Record<string, unknown>>

const lenientRules = specifiedRules.filter(
  rule => rule !== NoUnusedFragmentsRule && rule !== NoUnusedVariablesRule,
)

const operationOf = (document: DocumentNode): OperationDefinitionNode =>
  document.definitions[0] as OperationDefinitionNode

const plan = (document: DocumentNode, variables: Variables): PlanningDocument =>
  planningDocument(document, operationOf(document), variables, {
    ...namesOfPlanner,
    apiSchema: clashingSchema,
  })

/** As text, so that the order of fields counts. */
const answer = (document: DocumentNode, variableValues: Variables): unknown => {
  const { data, errors } = executeSync({
    schema: clashingSchema,
    document,
    variableValues,
    rootValue: rootOf(),
  })
  expect(errors).toBeUndefined()
  return data
}

const backToClient = (value: unknown, clientName: (name: string) => string): unknown => {
  if (Array.isArray(value)) return value.map(each => backToClient(each, clientName))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== emptySelectionName)
      .map(([name, each]) => [clientName(name), backToClient(each, clientName)]),
  )
}

const anyVariables = fc.record(
  { f: fc.boolean(), g: fc.boolean(), n: fc.nat({ max: 9 }), representations: fc.nat({ max: 9 }) },
  { requiredKeys: ['f'] },
)

const forAnyValid = (check: (document: DocumentNode, variables: Variables) => void): void => {
  let valid = 0
  fc.assert(
    fc.property(anyOperation, anyVariables, (text, variables) => {
      const document = parse(text)
      fc.pre(validate(clashingSchema, document, lenientRules).length === 0)
      valid += 1
      check(document, variables)
    }),
    { numRuns: 120, maxSkipsPerRun: 100 },
  )
  expect(valid).toBeGreaterThanOrEqual(120)
}

/** Fields that the planner's own could be taken for. */
const clashesIn = (document: DocumentNode): readonly string[] => {
  const found: string[] = []
  visit(document, {
    Field: node => {
      const { name, alias, arguments: given = [] } = node
      const isOwn = alias === undefined || alias.value === name.value
      const isDifferent = isOwn
        ? name.value === 'notes' || (name.value === 'name' && given.length > 0)
        : namesOfPlanner.plannerNames.has(alias.value)
      if (isDifferent) found.push(print(node))
    },
  })
  return found
}

describe('any operation made ready for planning', () => {
  test('has the answer of the one that the client sent, in its order', () => {
    forAnyValid((document, variables) => {
      const planning = plan(document, variables)
      const renamed = Object.entries(variables).map(([name, value]) => [
        planning.renamedVariables[name] ?? name,
        value,
      ])
      const data = backToClient(answer(planning.document, Object.fromEntries(renamed)), planning.clientName)
      expect(JSON.stringify(data)).toBe(JSON.stringify(answer(document, variables)))
    })
  })

  test('is valid where the one that the client sent is, and has nothing that would confuse the planner', () => {
    forAnyValid((document, variables) => {
      const { document: whole, text } = plan(document, variables)
      // What merges still does, nothing is left unused.
      expect(validate(clashingSchema, whole)).toEqual([])
      if (text === '') return
      const planned = parse(text)
      expect(validate(clashingSchema, planned)).toEqual([])
      expect(text).not.toMatch(/@|__schema|\$representations/)
      expect(clashesIn(planned)).toEqual([])
      const others = { ...variables, n: 1, representations: 2 }
      expect(plan(document, others).text).toBe(text)
    })
  })
})
