import { anonymous } from '@marquee/contract'
import { expect, test } from '@jest/globals'
import { parse, type OperationDefinitionNode } from 'graphql'
import { gatewayConfig } from '../../config.ts'
import type { Fetch, FetchAnswer } from '../../fleet/fetch.ts'
import type { FetchNode } from '../../planner/query-plan.ts'
import { readSupergraph } from '../../supergraph/read-supergraph.ts'
import { booksSdl, compose } from '../../testing/tiny-federation.ts'
import { consistencyLedger } from '../consistency-ledger.ts'
import type { OperationResult } from '../executor.ts'
import { marqueeExecutor } from '../marquee-executor.ts'

const supergraph = readSupergraph(compose({ books: { sdl: booksSdl, url: 'http://127.0.0.1:9/' } }))
const text = '{ books { title } }'

/** Executes an operation of one fetch that is answered so. */
const execute = (answer: (fetch: Fetch) => FetchAnswer, asked = text): Promise<OperationResult> => {
  const document = parse(asked)
  const [definition] = document.definitions as [OperationDefinitionNode]
  const node: FetchNode = {
    kind: 'Fetch',
    serviceName: 'books',
    operationKind: 'query',
    operation: asked,
    variableUsages: [],
  }
  const executor = marqueeExecutor({
    config: gatewayConfig.parse({}),
    supergraph,
    planner: { plan: async () => ({ kind: 'QueryPlan', node }), close: async () => {} },
    runFetches: async fetches => fetches.map(answer),
  })
  const operation = { document, definition, text: asked, hash: asked, name: undefined, variables: {} }
  return executor.execute(operation, {
    requestId: 'r',
    identity: anonymous,
    callerKey: '',
    signal: new AbortController().signal,
    deadlineAt: performance.now() + 5000,
    deadlineMs: 5000,
    forwarded: {},
    consistency: consistencyLedger({}),
  })
}

const rule = ({ isVerbatim }: Fetch): NonNullable<Fetch['isVerbatim']> => {
  if (isVerbatim === undefined) throw new Error('the fetch has no rule')
  return isVerbatim
}

test('an answer that is verbatim by its own rule is given as it came', async () => {
  const bytes = Buffer.from('{"books":[{"title":"We"}]}')
  const result = await execute(fetch => {
    expect(rule(fetch)(`{"data":${String(bytes)}}`)).toBe(true)
    return { verbatim: { text: bytes, isVerbatim: rule(fetch) }, errors: [] }
  })
  expect(result.data).toBe(bytes)
})

test('by the rule of another operation it is parsed and checked', async () => {
  const verbatim = { text: '{"books":[{"title":null}]}', isVerbatim: () => true }
  const result = await execute(() => ({ verbatim, errors: [] }))
  expect(result.data).toBe('null')
  expect(result.errors).toHaveLength(1)
})

test('there is no rule where the gateway adds something of its own, or names differ', async () => {
  const data = { books: [{ title: 'We' }] }
  const ruleless = (fetch: Fetch): FetchAnswer => {
    expect(fetch.isVerbatim).toBeUndefined()
    return { data, errors: [] }
  }
  const result = await execute(ruleless, '{ books { title } __schema { queryType { name } } }')
  expect(result.data).toBe('{"books":[{"title":"We"}],"__schema":{"queryType":{"name":"Query"}}}')
})
