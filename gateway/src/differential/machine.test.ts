import { describe, expect, test } from '@jest/globals'
import { parse } from 'graphql'
import { difference } from './compare.ts'
import { unexplainedDifference } from './explained.ts'
import { generateFederation, type Federation } from './generate-federation.ts'
import { generateModel } from './generate-model.ts'
import { generateOperation } from './generate-operation.ts'
import { newExecution } from './graph-data.ts'
import { printSubgraph } from './print-subgraph.ts'
import { outcomeOf, type Bench } from './run-case.ts'
import { runFederation } from './run-federation.ts'
import type { Outcome } from './subject.ts'

// The machine that judges is judged here: it has to see what is wrong, and to see nothing where nothing is.

const federation = generateFederation(1)

/** An engine that answers as the monolith does, and then errs. */
const erring = (err: (outcome: Outcome) => Outcome, of = federation): Bench => ({
  subject: async ({ document, variables }) =>
    err(await outcomeOf(() => of.monolith(document, variables, newExecution()))),
  begin: () => {},
  requests: () => 0,
  close: async () => {},
})

const options = { operations: 60, seed: 1, faults: false, tame: false, shrunk: 1 }

const edited = (value: unknown, edit: (entries: [string, unknown][]) => [string, unknown][]): unknown => {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(item => edited(item, edit))
  return Object.fromEntries(edit(Object.entries(value).map(([name, inner]) => [name, edited(inner, edit)])))
}

describe('an engine that', () => {
  test('answers like the monolith has no differences', async () => {
    expect(
      await runFederation(
        federation,
        erring(outcome => outcome),
        options,
      ),
    ).toEqual([])
  })

  test('turns fields around is found, by the smallest operation that shows it', async () => {
    const turn = (outcome: Outcome) => ({
      ...outcome,
      data: edited(outcome.data, entries => entries.toReversed()),
    })
    const [first] = await runFederation(federation, erring(turn), options)
    expect(first?.kind).toBe('data differs, silently')
    expect(Object.keys(first?.expected.data as object)).toHaveLength(2)
    expect(first?.operation.text.length).toBeLessThan(80)
  })

  test('leaves errors out is found', async () => {
    const hushed = (outcome: Outcome) => ({ ...outcome, errors: [] })
    const secretive = generateFederation(4)
    const found = await runFederation(secretive, erring(hushed, secretive), { ...options, operations: 200 })
    expect(found.map(({ kind }) => kind)).toContain('errors differ')
  })

  test('throws is found', async () => {
    const found = await runFederation(
      federation,
      erring(() => {
        throw new Error('a bug')
      }),
      { ...options, operations: 2 },
    )
    expect(found.map(({ kind }) => kind)).toEqual(['thrown: a bug', 'thrown: a bug'])
  })
})

describe('two outcomes', () => {
  const error = (path: (string | number)[]) => ({ message: 'no', path })

  test('are compared to the letter', () => {
    expect(
      difference({ data: { a: 1, b: 2 }, errors: [] }, { data: { a: 1, b: 2 }, errors: [] }),
    ).toBeUndefined()
    expect(difference({ data: { a: 1, b: 2 }, errors: [] }, { data: { b: 2, a: 1 }, errors: [] })).toBe(
      'data differs, silently',
    )
  })

  test('have the same errors when the same nulls are explained', () => {
    const data = { list: [{ a: null }, null] }
    const below = { data, errors: [error(['list', 0, 'a']), error(['list', 1, 'b', 'c'])] }
    const above = { data, errors: [error(['list', 1]), error(['list', 0, 'a'])] }
    expect(difference(below, above)).toBeUndefined()
    expect(difference(below, { data, errors: [error(['list', 0, 'a'])] })).toMatch(/errors differ/)
  })

  test('may differ in what broke, and in nothing else', () => {
    const whole = { data: { a: { b: 1 }, c: [1, 2] }, errors: [] }
    const leniency = { mayLose: false, computed: new Set(['r1']) }
    const judge = (data: unknown, errors: Outcome['errors']) =>
      unexplainedDifference(whole, { data, errors }, leniency)
    expect(judge({ a: null, c: [1, 2] }, [error(['a'])])).toBeUndefined()
    expect(judge({ a: null, c: [1, 2] }, [error(['a', 'b'])])).toBeUndefined()
    expect(judge({ a: null, c: [1, 2] }, [error(['c'])])).toBe('a is null, and no error says why')
    expect(judge({ a: { b: 2 }, c: [1, 2] }, [error(['c'])])).toBe('a.b has another value')
    expect(judge({ a: { b: 1 }, c: [1] }, [])).toMatch(/another length/)
    expect(judge({ a: { b: 1, x: 1 }, c: [1, 2] }, [])).toBe('a.x was not asked for')
    expect(judge({ a: {}, c: [1, 2] }, [])).toBe('a.b is missing, and no error says why')
  })
})

describe('what is generated', () => {
  test('is the same for the same seed', () => {
    const again = generateFederation(1)
    const texts = (from: Federation) =>
      [1, 2, 3].map(seed => generateOperation(from.apiSchema, from.plannerNames, seed))
    expect(again.supergraphSdl).toBe(federation.supergraphSdl)
    expect(texts(again).map(({ text, variables }) => ({ text, variables }))).toEqual(
      texts(federation).map(({ text, variables }) => ({ text, variables })),
    )
  })

  test('has every feature of federation', () => {
    const models = Array.from({ length: 60 }, (_, at) => generateModel(at + 1))
    const sdl = models
      .flatMap(model => model.subgraphs.map(subgraph => printSubgraph(model, subgraph)))
      .join('\n')
    const features = [
      /@key\(fields: "k1 k2"\)/,
      /@key\(fields: "ref \{ code \}"\)/,
      /@key\(fields: "\w+"\) @key/,
      /resolvable: false/,
      /@requires\(fields: "[^"]*\{/,
      /@requires\(fields: "[^"]*\.\.\. on/,
      /@requires\(fields: "[^"]*\w+\(\w+:/,
      /@provides\(fields: "[^"]*\{/,
      /@shareable/,
      /@context\(name: "place"\)/,
      /near: [^)]* @fromContext\(field: "\$place \{ prop \}"\)/,
      /@override\(from: "[^"]+"\)/,
      /@override\(from: "[^"]+", label: "percent\(0\)"\)/,
      /@interfaceObject/,
      /@inaccessible/,
      /SECRET @inaccessible/,
      /union Any = /,
      /schema \{ query: RootQuery/,
      /type Mutation/,
      /extend type \w+ @key\(fields: "[^"]+"\) \{\n\s+\w+: ID! @external/,
      /\[\[/,
      /: JSON/,
    ]
    expect(features.filter(feature => !feature.test(sdl))).toEqual([])
    const unlike = (named: string) => new Set(sdl.match(new RegExp(`(enum|input) ${named} .*`, 'g'))).size
    expect(unlike('Sort')).toBeGreaterThan(1)
    expect(unlike('Filter')).toBeGreaterThan(1)
  })

  test('has every feature of operations', () => {
    const operations = Array.from({ length: 400 }, (_, at) =>
      generateOperation(federation.apiSchema, federation.plannerNames, at),
    )
    const texts = operations.map(({ text }) => text).join('\n')
    const features = [
      /\bid: name\b|\bid: \w+/,
      /__typename: \w+/,
      /__proto__: /,
      /@skip\(if: \$/,
      /@include\(if: true\)/,
      /\.\.\.F0/,
      /\.\.\. on \w+ @/,
      /mutation/,
      /\$representations/,
      /= null|: null/,
    ]
    expect(features.filter(feature => !feature.test(texts))).toEqual([])
    expect(operations.some(({ variables }) => Object.values(variables).includes(null))).toBe(true)
    expect(
      operations.every(
        ({ text, document }) => parse(text).definitions.length === document.definitions.length,
      ),
    ).toBe(true)
  })
})
