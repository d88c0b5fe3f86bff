import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Fetch, FetchAnswer, RunFetches } from './fetch.ts'
import { clientRequest, products, query, templates, type Caller } from './testing/fetches.ts'
import type { Fault } from './testing/recording-subgraph.ts'
import { withShop } from './testing/with-shop.ts'

const shop = withShop()

const callers: readonly Caller[] = [
  {},
  { subject: 'User_1' },
  { subject: 'User_2' },
  { subject: 'User_2', tenant: 'a' },
]

/** One client request: who asks, when it is ready (in turns of the event loop), and what for. */
type Ask = Readonly<{ caller: number; turn: number; fetches: readonly Fetch[] }>

const harmless = ['1', '2', '3', '4', 'none', 'bad']
/** What the subgraph, or the fault below, fails by. */
const harmful = ['throw', 'short', 'pathless', 'page']

const upcs = (names: readonly string[]): fc.Arbitrary<string[]> =>
  fc.uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: 5 })

/** So that a counterexample can be read. */
const described = (fetch: Fetch): Fetch =>
  Object.defineProperty({ ...fetch }, fc.toStringMethod, {
    value: () => `${fetch.template.text} {${fetch.variables}} [${fetch.representations?.join() ?? ''}]`,
  })

const anyFetch = (names: readonly string[]): fc.Arbitrary<Fetch> => anyPlainFetch(names).map(described)

const anyPlainFetch = (names: readonly string[]): fc.Arbitrary<Fetch> =>
  fc.oneof(
    fc
      .tuple(
        fc.constantFrom(templates.names, templates.owners, templates.bad, templates.publicNames),
        upcs(names),
      )
      .map(([of, asked]) => products(of, asked)),
    fc
      .tuple(upcs(names), fc.constantFrom('"currency":"EUR"', '"currency":null', ''))
      .map(([asked, variables]) => products(templates.prices, asked, variables)),
    fc
      .constantFrom('"name":"Ann"', '"name":"\\"Bo\\",\\"x\\":{"', '')
      .map(name => query(templates.greet, name)),
    fc.constantFrom(
      query(templates.who),
      query(templates.soft),
      ...(names.includes('throw') ? [query(templates.strict, '"fail":true')] : [query(templates.strict)]),
    ),
  )

const anyAsks = (names: readonly string[]): fc.Arbitrary<readonly Ask[]> =>
  fc.array(
    fc.record({
      caller: fc.nat({ max: callers.length - 1 }),
      turn: fc.nat({ max: 2 }),
      fetches: fc.array(anyFetch(names), { minLength: 1, maxLength: 4 }),
    }),
    { minLength: 1, maxLength: 8 },
  )

const anySettings = fc.record({
  coalesce: fc.boolean(),
  shareInFlight: fc.boolean(),
  maxBatch: fc.constantFrom(2, 500),
  maxCoalesced: fc.constantFrom(3, 100),
})

const fault: Fault = ({ text }, response) => {
  const answer = text.includes('"page"')
    ? '<h1>no</h1>'
    : text.includes('"short"')
      ? '{"data":{"_entities":[]}}'
      : text.includes('"pathless"')
        ? '{"data":{"_entities":[null]},"errors":[{"message":"pathless"}]}'
        : undefined
  if (answer !== undefined) response.end(answer)
  return answer !== undefined
}

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) await new Promise(setImmediate)
}

const essence = ({ data, rows, errors, failure }: FetchAnswer): unknown => ({
  data,
  rows,
  failure: failure?.code,
  errors: errors.map(error => JSON.stringify(error)).toSorted((a, b) => (a < b ? -1 : 1)),
})

const askAll = (run: RunFetches, asks: readonly Ask[]): Promise<unknown[][]> =>
  Promise.all(
    asks.map(async ({ caller, turn, fetches }) => {
      await turns(turn)
      return (await run(fetches, clientRequest(callers[caller]))).map(essence)
    }),
  )

/** Each fetch by itself, in its own call. */
const askAlone = async (run: RunFetches, asks: readonly Ask[]): Promise<unknown[][]> => {
  const answers: unknown[][] = []
  for (const { caller, fetches } of asks) {
    const own = fetches.map(fetch => run([fetch], clientRequest(callers[caller])))
    answers.push((await Promise.all(own)).flat().map(essence))
  }
  return answers
}

const requestsDuring = async <T>(work: () => Promise<T>): Promise<readonly [T, number]> => {
  const before = shop.subgraph.received.length
  const result = await work()
  return [result, shop.subgraph.received.length - before]
}

test.each([
  ['of a subgraph that works', harmless, 1],
  ['whatever a subgraph does', [...harmless, ...harmful], 2],
])('everybody gets the answer that they get alone, %s', async (_what, names, mostTimes) => {
  shop.subgraph.breakWith(fault)
  const runners = new Map<string, readonly [RunFetches, RunFetches]>()
  const runnersFor = (settings: { maxBatch: number }): readonly [RunFetches, RunFetches] => {
    const key = JSON.stringify(settings)
    const { maxBatch } = settings
    const made =
      runners.get(key) ??
      ([
        shop.runner({ fetch: settings }),
        shop.runner({ fetch: { maxBatch, coalesce: false, shareInFlight: false } }),
      ] as const)
    runners.set(key, made)
    return made
  }
  await fc.assert(
    fc.asyncProperty(anyAsks(names), anySettings, async (asks, settings) => {
      const [together, alone] = runnersFor(settings)
      const [expected, sentAlone] = await requestsDuring(() => askAlone(alone, asks))
      // Strangers travel apart at their first meeting.
      expect(await askAll(together, asks)).toEqual(expected)
      const [answers, sent] = await requestsDuring(() => askAll(together, asks))
      expect(answers).toEqual(expected)
      expect(sent).toBeLessThanOrEqual(sentAlone * mostTimes)
    }),
    { numRuns: 30 },
  )
})

test('who leaves gets DEADLINE_EXCEEDED, and changes nothing for the others', async () => {
  const run = shop.runner()
  const alone = shop.runner({ fetch: { coalesce: false, shareInFlight: false } })
  const leavers = fc.array(fc.boolean(), { minLength: 8, maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(anyAsks(harmless), leavers, fc.nat({ max: 4 }), async (asks, leaves, turn) => {
      const expected = await askAlone(alone, asks)
      const release = shop.subgraph.hold()
      const requests = asks.map(({ caller }) => clientRequest(callers[caller]))
      const answering = asks.map(({ fetches }, at) => run(fetches, requests[at] ?? clientRequest()))
      await turns(turn)
      for (const [at, request] of requests.entries()) if (leaves[at] === true) request.abort()
      await Promise.all(answering.filter((_, at) => leaves[at] === true))
      release()
      for (const [at, answers] of (await Promise.all(answering)).entries()) {
        if (leaves[at] !== true) expect(answers.map(essence)).toEqual(expected[at])
        else
          expect(answers.map(({ failure }) => failure?.code)).toEqual(answers.map(() => 'DEADLINE_EXCEEDED'))
      }
    }),
    { numRuns: 30 },
  )
})
