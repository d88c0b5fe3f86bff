import { performance } from 'node:perf_hooks'
import { describe, expect, test } from '@jest/globals'
import { buildSchema, parse, print, stripIgnoredCharacters, type OperationDefinitionNode } from 'graphql'
import { conditionVariables, planningDocument, type PlanningDocument } from './planning-document.ts'

const supergraph = Object.freeze({
  apiSchema: buildSchema(
    'interface Thing { id: ID } type Book implements Thing { id: ID } type Query { thing: Thing, book: Book }',
  ),
  plannerNames: new Set(['__typename', 'id', 'price', 'sku', 'z__client3']),
  requiredWithArguments: new Set(['comments']),
})

const plan = (text: string, variables: Readonly<Record<string, unknown>> = {}): PlanningDocument => {
  const document = parse(text)
  return planningDocument(document, document.definitions[0] as OperationDefinitionNode, variables, supergraph)
}

const planned = (text: string, variables: Readonly<Record<string, unknown>> = {}): string =>
  stripIgnoredCharacters(plan(text, variables).text)

describe('response names', () => {
  test.each([
    ['an alias that is a key', '{p{id:name price}}', '{p{id__client:name price}}'],
    ['an alias that is __typename', '{p{__typename:name}}', '{p{__typename__client:name}}'],
    ['__typename under the name of a key', '{p{id:__typename}}', '{p{id__client:__typename}}'],
    ['a key under its own name', '{p{id:id sku}}', '{p{id:id sku}}'],
    ['a key under another name', '{p{other:id}}', '{p{other:id}}'],
    ['what is required with arguments', '{p{comments(limit:1)}}', '{p{comments__client:comments(limit:1)}}'],
    ['the same without arguments', '{p{comments}}', '{p{comments__client:comments}}'],
    ['the same under another name', '{p{last:comments(limit:1)}}', '{p{last:comments(limit:1)}}'],
    ['what is required without, asked with', '{p{price(in:USD)}}', '{p{price__client:price(in:USD)}}'],
    ["the planner's own aliases", '{p{a__alias_0:name}}', '{p{a__alias_0__client:name}}'],
    ['the name of an empty selection', '{p{__marquee_empty:name}}', '{p{__marquee_empty__client:name}}'],
    ['a suffix that is taken', '{p{id:name x__client:name}}', '{p{id__client2:name x__client:name}}'],
    [
      'a suffix taken twice and by the planner',
      '{p{id:name ...F}}fragment F on P{x__client:name y__client2:name}',
      '{p{id__client4:name ...F}}fragment F on P{x__client:name y__client2:name}',
    ],
    [
      'one name for two things at one place',
      '{p{...on A{x{y}} ...on B{x(n:1){y}}}}',
      '{p{...on A{x{y}}...on B{x__client_1:x(n:1){y}}}}',
    ],
    [
      'the same below, where the parents are one',
      '{p{...on A{x{y(n:1)}} ...F}}fragment F on B{x{y(n:2)}}',
      '{p{...on A{x{y(n:1)}}...F}}fragment F on B{x{y__client_1:y(n:2)}}',
    ],
    ['one name for two things at two places', '{p{x} q{x(n:1)}}', '{p{x}q{x(n:1)}}'],
    ['no clash at all', '{p{x__client:name}}', '{p{x__client:name}}'],
  ])('%s', (_what, text, expected) => {
    expect(planned(text)).toBe(expected)
  })

  test('are told back as the client wrote them', () => {
    const { clientName } = plan('{p{id:name x__client:name}}')
    expect(['id__client2', 'x__client', 'id__client2_1', 'price', 'p'].map(clientName)).toEqual([
      'id',
      'x__client',
      'id',
      'price',
      'p',
    ])
    expect(plan('{p{x__client:name}}').clientName('x__client')).toBe('x__client')
  })
})

test('an object of an interface is there though no fragment may apply to it', () => {
  const empty = '__marquee_empty:__typename'
  expect(planned('{thing{...on Book{id}}}')).toBe(`{thing{...on Book{id}${empty}}}`)
  expect(planned('{thing{...F}}fragment F on Thing{id}')).toBe(
    `{thing{...F ${empty}}}fragment F on Thing{id}`,
  )
  expect(planned('{thing{id ...on Book{id}}}')).toBe('{thing{id ...on Book{id}}}')
  expect(planned('{book{...on Book{id}}}')).toBe('{book{...on Book{id}}}')
})

describe('conditions', () => {
  const query = 'query($f:Boolean! $g:Boolean=true $h:Boolean! $no:Boolean=false)'

  test.each([
    ['hold or not', `{a @include(if:$f) b @skip(if:$f)}`, { f: true }, '{a}'],
    ['have defaults', `{a @include(if:$g) b @skip(if:$g)}`, {}, '{a}'],
    ['have defaults that say no', `{a @include(if:$no) b @skip(if:$no)}`, {}, '{b}'],
    ['override defaults', `{a @include(if:$g) b @skip(if:$g)}`, { g: false }, '{b}'],
    ['may be constants', `{a @include(if:true) b @skip(if:true) c @include(if:false)}`, {}, '{a}'],
    [
      'must both hold',
      `{a @include(if:$f) @skip(if:$f) b @skip(if:false) @include(if:$f)}`,
      { f: true },
      '{b}',
    ],
    ['may empty a field', `{a{b @skip(if:$f)}}`, { f: true }, '{a{__marquee_empty:__typename}}'],
    [
      'may empty a fragment in a fragment',
      `{a{...F ...on A @include(if:true){...on A{b @skip(if:$f)}}}}fragment F on A{...G}fragment G on A{b @skip(if:$f)}`,
      { f: true },
      '{a{__marquee_empty:__typename}}',
    ],
    [
      'may stand at spreads',
      `{a{...F @include(if:$f) b}}fragment F on A{c}`,
      { f: true },
      '{a{...F b}}fragment F on A{c}',
    ],
    ['drop a fragment', `{a{...F @skip(if:$f) b}}fragment F on A{c}`, { f: true }, '{a{b}}'],
    ['may empty the root', `{a @skip(if:$f)}`, { f: true }, ''],
  ])('%s', (_what, text, variables, expected) => {
    expect(planned(`${query}${text}`, { h: false, ...variables })).toBe(expected)
  })

  test('take the variables that only they used with them', () => {
    const text = 'query Q($f:Boolean! $n:Int $m:Int){a(n:[{n:$n}]) @include(if:$f) b(m:$m) @skip(if:$f)}'
    expect(planned(text, { f: true })).toBe('query Q($n:Int){a(n:[{n:$n}])}')
    expect(planned(text, { f: false })).toBe('query Q($m:Int){b(m:$m)}')
  })

  test('that are null are the fault of the client', () => {
    const ask = (): unknown => plan(`${query}{a @include(if:$g)}`, { g: null })
    expect(ask).toThrow(
      expect.objectContaining({ code: 'BAD_USER_INPUT', message: expect.stringContaining('$g') }),
    )
  })

  test('name the variables that the plan depends on', () => {
    const document = parse(`${query}{a @include(if:$h) @skip(if:true) ...F} query Other{b @skip(if:$o)}
      fragment F on Query{a{...F @skip(if:$g)}} fragment Unused on Query{b @skip(if:$u)}`)
    expect(conditionVariables(document, document.definitions[0] as OperationDefinitionNode)).toEqual([
      'g',
      'h',
    ])
  })
})

describe('variables', () => {
  test('that the planner has, too, get other names wherever they stand', () => {
    const text =
      'query($representations:Int=3 $client__representations:Int $contextualArgument_1_0:Int $n:Int){a(x:[{y:$representations}] n:$n){b(n:$client__representations m:$contextualArgument_1_0)}}'
    expect(planned(text)).toBe(
      'query($client2__representations:Int=3$client__representations:Int$client__contextualArgument_1_0:Int$n:Int){a(x:[{y:$client2__representations}]n:$n){b(n:$client__representations m:$client__contextualArgument_1_0)}}',
    )
    const { renamedVariables } = plan(text)
    expect({ ...renamedVariables }).toEqual({
      representations: 'client2__representations',
      contextualArgument_1_0: 'client__contextualArgument_1_0',
    })
    expect(renamedVariables['constructor']).toBeUndefined()
  })
})

describe('what the gateway answers by itself', () => {
  test.each([
    ['the schema alone', '{__schema{types{name}} __type(name:"A"){name}}', ''],
    ['with data', 'query($n:String!){t:__type(name:$n){name} a}', '{a}'],
    ['in a fragment', '{...F}fragment F on Query{__schema{types{name}}}', ''],
    [
      'on a query type further down',
      'mutation{m{query{__schema{types{name}}}}}',
      'mutation{m{query{__marquee_empty:__typename}}}',
    ],
    ['__typename at the root', '{__typename}', ''],
    [
      '__typename in fragments at the root',
      '{x:__typename ...on Query{...F}}fragment F on Query{__typename}',
      '',
    ],
  ])('%s is not planned', (_what, text, expected) => {
    expect(planned(text)).toBe(expected)
  })

  test('is in the document all the same', () => {
    const shown = (text: string): string => stripIgnoredCharacters(print(plan(text).document))
    expect(shown('query($n:String!){t:__type(name:$n){name} __typename a}')).toBe(
      'query($n:String!){t:__type(name:$n){name}__typename a}',
    )
    expect(shown('{a{...F}}fragment F on Query{__schema{types{name}}}')).toContain('__schema{types{name}}')
    expect(shown('{a ...F @skip(if:true)}fragment F on Query{__schema{types{name}}}')).toBe('{a}')
  })
})

describe('the document', () => {
  test('has the one operation and what it reaches, without directives', () => {
    const text = `query A($x:Int @old) @live{a @client(x:$x){...F}} query B{b} fragment F on A @f{c ...G @g} fragment G on A{d} fragment H on A{e}`
    expect(planned(text)).toBe('query A{a{...F}}fragment F on A{c ...G}fragment G on A{d}')
  })

  test('is frozen, and the one of the client is as it was', () => {
    const document = parse('query($representations:Int){a(x:$representations){id:name @skip(if:false)}}')
    const before = JSON.stringify(document)
    const planning = planningDocument(
      document,
      document.definitions[0] as OperationDefinitionNode,
      {},
      supergraph,
    )
    expect(JSON.stringify(document)).toBe(before)
    const frozen = [
      planning,
      planning.document,
      planning.document.definitions,
      ...planning.document.definitions,
    ]
    for (const part of frozen) expect(Object.isFrozen(part)).toBe(true)
  })

  test('is made in time linear in the text, though fragments would expand to 2^500', () => {
    const fragments = Array.from(
      { length: 500 },
      (_none, index) => `fragment F${index} on A{a{...F${index + 1} ...F${index + 1}} id:name @skip(if:$f)}`,
    )
    const text = `query($f:Boolean!){a{...F0}}${fragments.join('')}fragment F500 on A{b}`
    const began = performance.now()
    plan(text, { f: false })
    expect(performance.now() - began).toBeLessThan(1000)
  })
})
