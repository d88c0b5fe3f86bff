import { anonymous } from '@marquee/contract'
import { describe, expect, jest, test } from '@jest/globals'
import { parse, type OperationDefinitionNode } from 'graphql'
import { consistencyLedger } from './consistency-ledger.ts'
import { Ending } from './end-signal.ts'
import type { FetchContext, Operation, OperationResult } from './executor.ts'
import { withSharedExecutions } from './share-executions.ts'

const operation = (text: string, variables: Record<string, unknown> = {}): Operation => {
  const document = parse(text)
  const definition = document.definitions[0] as OperationDefinitionNode
  return { document, definition, text, hash: text, name: undefined, variables }
}

const context = (own: Partial<FetchContext> = {}): FetchContext & { signal: Ending } => ({
  requestId: 'id',
  identity: anonymous,
  callerKey: 'somebody',
  deadlineAt: performance.now() + 1000,
  deadlineMs: 1000,
  forwarded: {},
  consistency: consistencyLedger({}),
  ...own,
  signal: new Ending(),
})

/** Executions that answer when they are told to. */
const stage = () => {
  const begun: { context: FetchContext; answer: (data: string) => void; fail: (error: Error) => void }[] = []
  const execute = withSharedExecutions(
    (_operation, given) =>
      new Promise<OperationResult>((resolve, reject) => {
        begun.push({ context: given, answer: data => resolve({ data, errors: [] }), fail: reject })
      }),
  )
  return { begun, execute }
}

const query = operation('{ a }')

describe('equal queries in progress', () => {
  test('are executed once, and all get the answer; the next one is executed anew', async () => {
    const { begun, execute } = stage()
    const asked = [execute(query, context()), execute(query, context())]
    expect(begun).toHaveLength(1)
    begun[0]?.answer('{"a":1}')
    expect((await Promise.all(asked)).map(({ data }) => data)).toEqual(['{"a":1}', '{"a":1}'])
    void execute(query, context())
    expect(begun).toHaveLength(2)
  })

  test('are executed anew by who hears of the answer, however early', async () => {
    const { begun, execute } = stage()
    const again = execute(query, context()).then(() => execute(query, context()))
    begun[0]?.answer('{"a":1}')
    await new Promise(setImmediate)
    begun[1]?.answer('{"a":2}')
    expect((await again).data).toBe('{"a":2}')
  })

  test('leave nothing behind with the requests that they answered', async () => {
    const { begun, execute } = stage()
    const asker = context()
    const listen = jest.spyOn(asker.signal, 'addEventListener')
    const forget = jest.spyOn(asker.signal, 'removeEventListener')
    const asked = execute(query, asker)
    begun[0]?.answer('{"a":1}')
    await asked
    expect(listen.mock.calls).toHaveLength(1)
    expect(forget.mock.calls).toEqual(listen.mock.calls)
  })

  test('fail together', async () => {
    const { begun, execute } = stage()
    const asked = [execute(query, context()), execute(query, context())]
    begun[0]?.fail(new Error('no plan'))
    for (const one of asked) await expect(one).rejects.toThrow('no plan')
  })

  test.each<[string, Operation, Partial<FetchContext>]>([
    ['another caller', query, { callerKey: 'somebody else' }],
    ['other variables', operation('{ a }', { x: 1 }), {}],
    ['another text', operation('{ b }'), {}],
    [
      'a caller who has seen more',
      query,
      { consistency: consistencyLedger({ films: { timeline: 1, lsn: '0/1' } }) },
    ],
    ['a caller who has much more time', query, { deadlineAt: performance.now() + 60_000 }],
    ['a caller who wants to see the trace', query, { inspect: { plan: false, trace: true } }],
  ])('not with %s', (_what, other, own) => {
    const { begun, execute } = stage()
    void execute(query, context())
    void execute(other, context(own))
    expect(begun).toHaveLength(2)
  })

  test('mutations are never shared, and nobody joins what began before one ended', async () => {
    const { begun, execute } = stage()
    void execute(query, context())
    const changes = [
      execute(operation('mutation { a }'), context()),
      execute(operation('mutation { a }'), context()),
    ]
    expect(begun).toHaveLength(3)
    begun[1]?.answer('{}')
    await changes[0]
    void execute(query, context())
    expect(begun).toHaveLength(4)
  })

  test('who runs out of time leaves, and the others go on; the last one ends it and keeps what came', async () => {
    const { begun, execute } = stage()
    const [first, second] = [context(), context()]
    const [early, late] = [execute(query, first), execute(query, second)]
    first.signal.abort()
    expect((await early).errors[0]?.extensions['code']).toBe('DEADLINE_EXCEEDED')
    expect(begun[0]?.context.signal.aborted).toBe(false)
    second.signal.abort()
    expect(begun[0]?.context.signal.aborted).toBe(true)
    void execute(query, context())
    expect(begun).toHaveLength(2)
    begun[0]?.answer('{"a":null,"b":1}')
    expect((await late).data).toBe('{"a":null,"b":1}')
  })

  test('what it shows of the databases is seen by all', () => {
    const { begun, execute } = stage()
    const [first, second] = [context(), context()]
    void execute(query, first)
    void execute(query, second)
    const token = { films: { timeline: 1, lsn: '0/9' } }
    begun[0]?.context.consistency.advance(token)
    expect(begun[0]?.context.consistency.token()).toEqual(token)
    const late = context()
    void execute(query, late)
    expect([first, second, late].map(({ consistency }) => consistency.token())).toEqual([token, token, token])
  })
})
