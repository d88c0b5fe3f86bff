import fc from 'fast-check'
import { buildSchema, type GraphQLSchema } from 'graphql'

/** A schema whose names clash readily. Its fields tell what they were called with, see `rootOf`. */
export const clashingSchema: GraphQLSchema = buildSchema(`
  type Query { self: Query!, a: A!, node: Node, thing: Thing, list(n: Int = 2, in: In): [A!]! }
  input In { n: Int, list: [Int] }
  interface Node { id: ID, name(x: Int): String, next: Node, notes(limit: Int): String }
  type A implements Node { id: ID, name(x: Int): String, next: Node, notes(limit: Int): String, price: Int, a: A! }
  type B implements Node { id: ID, name(x: Int): String, next: Node, notes(limit: Int): String, price: Float, size: String }
  union Thing = A | B
`)

export const namesOfPlanner = Object.freeze({
  plannerNames: new Set(['__typename', 'id', 'name', 'price']),
  requiredWithArguments: new Set(['notes']),
})

const said =
  (name: string) =>
  (args: unknown): string =>
    `${name}${JSON.stringify(args)}`

const nodeOf = (type: 'A' | 'B'): Record<string, unknown> => ({
  __typename: type,
  id: said(`${type}.id`),
  name: said(`${type}.name`),
  notes: said(`${type}.notes`),
  size: said(`${type}.size`),
  price: 1,
  next: () => nodeOf(type === 'A' ? 'B' : 'A'),
  a: () => nodeOf('A'),
})

/** The root value: no two fields, and no two sets of arguments, give the same. */
export const rootOf = (): Record<string, unknown> => ({
  self: rootOf,
  a: () => nodeOf('A'),
  node: () => nodeOf('B'),
  thing: () => nodeOf('A'),
  list: (args: unknown) => [{ ...nodeOf('A'), id: said('list')(args) }, nodeOf('A')],
})

type Field = Readonly<{ name: string; args?: readonly string[]; type?: string }>

const leaf = (name: string, ...args: readonly string[]): Field => ({ name, args: ['', ...args] })

const node: readonly Field[] = [
  leaf('__typename'),
  leaf('id'),
  leaf('name', '(x: 1)', '(x: $representations)'),
  leaf('notes', '(limit: 1)'),
  { name: 'next', type: 'Node' },
]

const fields: Readonly<Record<string, readonly Field[]>> = {
  Query: [
    leaf('__typename'),
    leaf('__schema { queryType { name } }'),
    { name: 'self', type: 'Query' },
    { name: 'a', type: 'A' },
    { name: 'node', type: 'Node' },
    { name: 'thing', type: 'Thing' },
    { name: 'list', type: 'A', args: ['', '(n: 1)', '(in: { n: $n, list: [$representations] })'] },
  ],
  Node: node,
  A: [...node, leaf('price'), { name: 'a', type: 'A' }],
  B: [...node, leaf('price'), leaf('size')],
  Thing: [leaf('__typename')],
}

const fragments = ['Query', 'Node', 'A'] as const
const aliases = [
  'id',
  'name',
  'price',
  'notes',
  'other',
  '__typename',
  '__marquee_empty',
  'id__client',
  'x__alias_0',
]
const conditions = [
  '@skip(if: $f)',
  '@include(if: $f)',
  '@include(if: $g)',
  '@skip(if: true)',
  '@include(if: true)',
]
const narrower: Readonly<Record<string, readonly string[]>> = {
  Query: ['Query'],
  Node: ['A', 'B', 'Node'],
  A: ['A', 'Node'],
  B: ['B', 'Node'],
  Thing: ['A', 'B', 'Node'],
}

/** Writes an operation by a row of numbers, each of which decides one thing; when they end, so does the writing. */
class OperationWriter {
  #choices: readonly number[]
  #next = 0
  constructor(choices: readonly number[]) {
    this.#choices = choices
  }
  #pick<Item>(items: readonly Item[]): Item {
    const choice = this.#choices[this.#next] ?? 0
    this.#next += 1
    return items[choice % items.length] as Item
  }
  #oneIn(count: number): boolean {
    return this.#pick(Array.from({ length: count }, (_none, index) => index)) === 1
  }
  #condition(): string {
    return this.#oneIn(4) ? this.#pick(conditions) : ''
  }
  #selection(type: string, depth: number, fragment: number): string {
    const spread = fragments.findIndex((on, index) => index >= fragment && narrower[type]?.includes(on))
    if (spread >= 0 && this.#oneIn(6)) return `...F${spread} ${this.#condition()}`
    if (this.#oneIn(5)) {
      const on = this.#pick(narrower[type] ?? [])
      return `... on ${on} ${this.#condition()} ${this.#set(on, depth, fragment)}`
    }
    const field = this.#pick((fields[type] ?? []).filter(each => depth > 0 || each.type === undefined))
    const alias = this.#oneIn(3) ? `${this.#pick(aliases)}: ` : ''
    const [name = '', inner = ''] = field.name.split(/ (.*)/)
    const below = field.type === undefined ? inner : this.#set(field.type, depth - 1, fragment)
    return `${alias}${name}${this.#pick(field.args ?? [''])} ${this.#condition()} ${below}`
  }
  #set(type: string, depth: number, fragment: number): string {
    const count = 1 + this.#pick([0, 1, 2])
    return `{ ${Array.from({ length: count }, () => this.#selection(type, depth, fragment)).join(' ')} }`
  }
  write(): string {
    const operation = `query Q($f: Boolean!, $g: Boolean = true, $n: Int, $representations: Int) ${this.#set('Query', 3, 0)}`
    const definitions = fragments.map(
      (type, index) => `fragment F${index} on ${type} ${this.#set(type, 2, index + 1)}`,
    )
    return [operation, ...definitions].join('\n')
  }
}

/** Operations on `clashingSchema`; many are not valid. */
export const anyOperation = fc
  .array(fc.noBias(fc.nat({ max: 59 })), { minLength: 100, maxLength: 200, size: 'max' })
  .map(choices => new OperationWriter(choices).write())
