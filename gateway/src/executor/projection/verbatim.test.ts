import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { buildSchema, Kind, parse, type OperationDefinitionNode } from 'graphql'
import { fieldAt, positionMaker, type Position } from '../compile/position.ts'
import { ResponseNode } from '../run/response-node.ts'
import { compileProjection } from './compile-projection.ts'
import type { Problem } from './problems.ts'

const schema = buildSchema(`
  scalar Any
  enum Size { SMALL LARGE }
  type Thing { text: String! id: ID int: Int float: Float flag: Boolean size: Size any: Any grid: [[Int!]] below: [Thing!] }
  type Query { thing: Thing things: [Thing] }
`)

/** Positions as a plan has them that asks one subgraph for `paths`. */
const layOut = (paths: readonly string[]): Position => {
  const make = positionMaker()
  const root = make(undefined)
  for (const path of paths) {
    let position = root
    const names = path.split('.')
    names.forEach((name, depth) => {
      const field = fieldAt(position, name)
      field.wireNames.add(name)
      if (depth === names.length - 1) return
      field.position ??= Object.assign(make(position), { storage: 'row' as const })
      position = field.position
    })
  }
  return root
}

const compile = (text: string, paths: readonly string[], clientName = (name: string) => name) => {
  const document = parse(text)
  const operation = document.definitions.find(
    node => node.kind === Kind.OPERATION_DEFINITION,
  ) as OperationDefinitionNode
  const root = layOut(paths)
  const { project, isVerbatim } = compileProjection(
    { schema, document, operation, clientName, emptyName: '_' },
    root,
  )
  const written = (data: Readonly<Record<string, unknown>>): string | undefined => {
    const node = new ResponseNode(root)
    for (const [name, { slot }] of root.fields) node.values[slot] = data[name]
    const problems: Problem[] = []
    const out = project(node, problems)
    return problems.length > 0 ? undefined : out
  }
  return { isVerbatim, written }
}

const fields = ['text', 'id', 'int', 'float', 'flag', 'size', 'any', 'grid'] as const
const query = `{ thing { ${fields.join(' ')} below { text } } things { text } }`
const paths = [...fields.map(field => `thing.${field}`), 'thing.below.text', 'things.text']
const compileAll = () => compile(query, paths)

const good = {
  thing: {
    text: 'a"\\\né😀\u007f',
    id: '7',
    int: -12,
    float: 1.5,
    flag: true,
    size: 'LARGE',
    any: 'x',
    grid: [[1, 2], [], null],
    below: [{ text: '' }, { text: 'b' }],
  },
  things: [null, { text: 'c' }],
}
const goodText = JSON.stringify(good)
const bytesAsLatin1 = (text: string): string => Buffer.from(text).toString('latin1')

describe('an answer is verbatim', () => {
  test('when it is what would be written, as text or as bytes', () => {
    const { isVerbatim, written } = compileAll()
    expect(written(good)).toBe(goodText)
    expect(isVerbatim?.(`{"data":${goodText}}`)).toBe(true)
    expect(isVerbatim?.(`${bytesAsLatin1(`{"data":${goodText}}`)}\n`)).toBe(true)
    expect(isVerbatim?.('{"data":{"thing":null,"things":[]}}')).toBe(true)
  })

  test.each([
    ['a null that may not be', '"text":"c"', '"text":null'],
    ['another type', '"int":-12', '"int":"1"'],
    ['an Int that is too long', '"int":-12', '"int":2147483648'],
    ['a number as an ID', '"id":"7"', '"id":7'],
    ['minus zero', '"int":-12', '"int":-0'],
    ['a Float with a zero too many', '1.5', '1.50'],
    ['a Float with an exponent', '1.5', '1e2'],
    ['an unknown enum value', 'LARGE', 'HUGE'],
    ['an escape that need not be', '"c"', String.raw`"\u0063"`],
    ['a control character', '"c"', '"\u0001"'],
    ['a space', '"things":', '"things": '],
    ['another order', '"id":"7","int":-12', '"int":-12,"id":"7"'],
    ['a field too many', '"id":"7"', '"id":"7","more":1'],
    ['a field too few', '"id":"7",', ''],
    ['an object as a custom scalar', '"any":"x"', '"any":{"b":1}'],
    ['a list without commas', '[1,2]', '[1 2]'],
    ['a list with a comma too many', '[1,2]', '[1,2,]'],
    ['a list that begins with a comma', '[1,2]', '[,1]'],
    ['errors beside it', '}}', '}},"errors":[]'],
  ])('not with %s', (_, from, to) => {
    const text = `{"data":${goodText}}`
    const changed = from === '}}' ? text.replace(/\}$/, ',"errors":[]}') : text.replace(from, to)
    expect(changed).not.toBe(text)
    expect(compileAll().isVerbatim?.(changed)).toBe(false)
  })

  test('never when the client calls a field otherwise', () => {
    const renamed = compile('{ thing { text } }', ['thing.text'], name => (name === 'text' ? 'other' : name))
    expect(renamed.isVerbatim).toBeUndefined()
  })

  test('whatever the values: only when it is what would be written', () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.double(),
      fc.integer(),
      fc.boolean(),
      fc.constantFrom(null, 'SMALL', 0, -0),
    )
    const thing = fc.record(Object.fromEntries(fields.map(name => [name, value])))
    fc.assert(
      fc.property(thing, row => {
        const { isVerbatim, written } = compileAll()
        const data = { thing: { ...row, grid: null, below: null }, things: null }
        const text = JSON.stringify(data)
        const parsed = JSON.parse(text) as typeof data
        if (isVerbatim?.(`{"data":${text}}`) === true) expect(written(parsed)).toBe(text)
      }),
      { numRuns: 2000 },
    )
  })

  test('numbers that are taken are written as they came', () => {
    const { isVerbatim, written } = compile('{ thing { float } }', ['thing.float'])
    const digits = (max: number) => fc.stringMatching(new RegExp(`^[0-9]{0,${max}}$`))
    let taken = 0
    fc.assert(
      fc.property(fc.constantFrom('', '-'), digits(16), fc.constantFrom('', '.'), digits(8), (...parts) => {
        const data = `{"thing":{"float":${parts.join('')}}}`
        if (isVerbatim?.(`{"data":${data}}`) !== true) return
        taken += 1
        expect(written(JSON.parse(data) as Record<string, unknown>)).toBe(data)
      }),
      { numRuns: 5000 },
    )
    expect(taken).toBeGreaterThan(10)
  })
})

test('after answers that are not verbatim, fewer and fewer are looked at', () => {
  const { isVerbatim } = compile('{ thing { text } }', ['thing.text'])
  const right = '{"data":{"thing":{"text":"a"}}}'
  expect(isVerbatim?.(right)).toBe(true)
  expect(isVerbatim?.('{}')).toBe(false)
  expect([1, 2, 3].map(() => isVerbatim?.(right))).toEqual([false, true, true])
})
