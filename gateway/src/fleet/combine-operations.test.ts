import { describe, expect, test } from '@jest/globals'
import { buildSchema, graphql, parse, validate } from 'graphql'
import { combineOperations, readCombinedName } from './combine-operations.ts'

const schema = buildSchema(`
  interface Named { name: String }
  type Query implements Named { name: String, echo(text: String, list: [Int!]): String, self: Query!, nothing: String }
`)

type Source = Readonly<{ name: string; self: () => Source; echo: (input: unknown) => string }>
const source: Source = { name: 'root', self: () => source, echo: input => JSON.stringify(input) }

const ask = async (text: string, variableValues: Record<string, unknown>) => {
  const { data, errors } = await graphql({ schema, source: text, rootValue: source, variableValues })
  expect(errors).toBeUndefined()
  return JSON.parse(JSON.stringify(data)) as Record<string, unknown>
}

/** Asks several operations as one, and takes the answer apart. */
const askCombined = async (operations: readonly (readonly [string, Record<string, unknown>])[]) => {
  const { text, responseNames } = combineOperations(operations.map(([text]) => parse(text)))
  expect(validate(schema, parse(text))).toEqual([])
  const variables = Object.fromEntries(
    operations.flatMap(([, own], index) =>
      Object.entries(own).map(([name, value]) => [`${name}_${index}`, value]),
    ),
  )
  const data = await ask(text, variables)
  const answers: Record<string, unknown>[] = operations.map(() => ({}))
  for (const [name, value] of Object.entries(data)) {
    const { index = -1, responseName = '' } = readCombinedName(name) ?? {}
    expect(responseNames[index]).toContain(responseName)
    Object.defineProperty(answers[index], responseName, { value, enumerable: true })
  }
  return answers
}

describe('several operations in one answer as each does alone', () => {
  test.each<[string, readonly (readonly [string, Record<string, unknown>])[]]>([
    [
      'the same twice',
      [
        ['{name}', {}],
        ['{name}', {}],
      ],
    ],
    [
      'the same variables',
      [
        ['query($text:String){echo(text:$text)}', { text: 'a' }],
        ['query($text:String){echo(text:$text)}', { text: 'b' }],
      ],
    ],
    [
      'variables whose names end in a number',
      [
        ['query($t_1:String,$t:String){a:echo(text:$t_1) b:echo(text:$t)}', { t_1: 'a', t: 'b' }],
        ['query($t:String,$t_0:String){a:echo(text:$t) b:echo(text:$t_0)}', { t: 'c', t_0: 'd' }],
      ],
    ],
    [
      'variables in directives, lists and defaults',
      [
        ['query($on:Boolean!,$n:Int!=4){name @include(if:$on) echo(list:[1,$n])}', { on: false }],
        ['query Named($on:Boolean!){...@skip(if:$on){name self{name @skip(if:$on)}}}', { on: true }],
      ],
    ],
    [
      'fragments of one name, at the root and below',
      [
        ['{...F self{...F}} fragment F on Query{name self{...G}} fragment G on Named{name}', {}],
        [
          'query($text:String){self{...F}} fragment F on Query{echo(text:$text) ...G} fragment G on Query{name}',
          { text: 'x' },
        ],
        ['{... on Named{name} ...F @include(if:false)} fragment F on Query{echo}', {}],
      ],
    ],
    [
      'response names that merge, or are odd',
      [
        ['{a:self{name} ...{a:self{b:name}}}', {}],
        ['{_0_name:name __proto__:name constructor:name __typename}', {}],
      ],
    ],
  ])('%s', async (_what, operations) => {
    const alone = await Promise.all(operations.map(([text, variables]) => ask(text, variables)))
    expect(await askCombined(operations)).toEqual(alone)
  })

  test('text is short', () => {
    expect(combineOperations([parse('query Long { name }'), parse('{ self { name } }')]).text).toBe(
      '{_0_name:name _1_self:self{name}}',
    )
  })
})
