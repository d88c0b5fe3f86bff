import { request } from 'node:http'
import { signIdentity } from '@marquee/contract'
import { afterEach, describe, expect, test } from '@jest/globals'
import { countingDatabase, filmSubgraph, type Traces } from './testing/film-subgraph.ts'
import { pause, person, secret, serveTestSubgraph, within } from './testing/serve-test-subgraph.ts'

type TestSubgraph = Awaited<ReturnType<typeof serveTestSubgraph>>
const running: TestSubgraph[] = []

const start = async (settings: Readonly<Record<string, unknown>> = {}) => {
  const traces: Traces = { aborted: [], loaders: 0 }
  const counted = countingDatabase()
  const films = await serveTestSubgraph(filmSubgraph(counted.database, traces), settings)
  running.push(films)
  return { films, traces, ...counted }
}

afterEach(() => Promise.all(running.splice(0).map(({ drain }) => drain())))

const get = async ({ origin }: TestSubgraph, path: string) => {
  const response = await fetch(`${origin}${path}`)
  return { status: response.status, text: await response.text() }
}

describe('a deadline', () => {
  test('ends the wait with an error, and the signal says so to whoever works on', async () => {
    const { films, traces } = await start({ drainTimeoutMs: 50 })
    const began = performance.now()
    const { status, errors } = await films.ask('{ never }', {}, undefined, within(60))
    expect(performance.now() - began).toBeLessThan(1000)
    expect(status).toBe(504)
    expect(errors).toMatchObject([{ extensions: { code: 'DEADLINE_EXCEEDED' } }])
    expect(errors?.[0]?.message).toContain('60 ms')
    expect(traces.aborted).toMatchObject([{ code: 'DEADLINE_EXCEEDED' }])
    expect(await films.requestLines(1)).toMatchObject([{ level: 'warn', codes: ['DEADLINE_EXCEEDED'] }])
  })

  test('is never longer than the subgraph allows', async () => {
    const { films } = await start({ deadlineMs: 50, drainTimeoutMs: 50 })
    const { errors } = await films.ask('{ never }', {}, undefined, within(60_000))
    expect(errors?.[0]?.message).toContain('50 ms')
  })

  test('that has passed already means no work at all', async () => {
    const { films, statements } = await start()
    const { errors } = await films.ask('{ film(id: 1) { id } }', {}, undefined, within(0))
    expect([errors?.[0]?.extensions.code, statements]).toEqual(['DEADLINE_EXCEEDED', []])
  })

  test('that is not a number is none', async () => {
    const { films } = await start()
    const { data } = await films.ask('{ whoAmI }', {}, undefined, { 'x-marquee-deadline-ms': 'soon' })
    expect(data?.['whoAmI']).toEqual(expect.any(String))
  })

  test('breaks what heeds the signal without a second answer or log line', async () => {
    const { films } = await start()
    const { errors } = await films.ask('{ slow(ms: 10000) }', {}, undefined, within(50))
    expect(errors).toMatchObject([{ extensions: { code: 'DEADLINE_EXCEEDED' } }])
    await pause(50)
    expect((await films.requestLines(1)).map(({ codes }) => codes)).toEqual([['DEADLINE_EXCEEDED']])
  })
})

test('the signal fires when the caller goes away, and the log says it in one line', async () => {
  const { films, traces } = await start({ drainTimeoutMs: 50 })
  const outgoing = request(films.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...signIdentity(secret, 'films', person('User_1')) },
  })
  outgoing.on('error', () => {})
  outgoing.end('{"query":"{ never }"}')
  await pause(100)
  outgoing.destroy()
  const lines = await films.requestLines(1)
  expect(lines).toMatchObject([{ level: 'warn', msg: 'caller went away' }])
  expect(traces.aborted).toMatchObject([{ name: 'AbortError' }])
})

describe('health', () => {
  test('live and ready', async () => {
    const { films } = await start()
    expect(await get(films, '/health/live')).toEqual({ status: 200, text: '{"status":"live"}' })
    expect(await get(films, '/health/ready')).toMatchObject({ status: 200 })
  })

  test('not ready while the database is ill, or does not say; live all the same', async () => {
    const { films, state, database } = await start()
    state.health.ok = false
    expect(await get(films, '/health/ready')).toMatchObject({
      status: 503,
      text: expect.stringContaining('unavailable'),
    })
    Object.assign(database, { health: () => new Promise(() => {}) })
    expect(await get(films, '/health/ready')).toMatchObject({
      status: 503,
      text: expect.stringContaining('no answer in time'),
    })
    Object.assign(database, { health: () => Promise.reject(new Error('gone')) })
    expect(await get(films, '/health/ready')).toMatchObject({ status: 503 })
    expect(await get(films, '/health/live')).toMatchObject({ status: 200 })
    expect(films.lines).toEqual([])
  })
})

describe('draining', () => {
  test('not ready, no new work, requests in flight end, then the database closes', async () => {
    const { films, state } = await start()
    const slow = films.ask('{ slow(ms: 300) }')
    await pause(50)
    const drained = films.drain()
    expect(await get(films, '/health/ready')).toMatchObject({ status: 503 })
    const refused = await films.ask('{ whoAmI }')
    expect(refused).toMatchObject({ status: 503, errors: [{ extensions: { code: 'SHUTTING_DOWN' } }] })
    expect(state.closed).toBe(0)
    expect(await slow).toMatchObject({ status: 200, data: { slow: 'done' } })
    await drained
    expect(state.closed).toBe(1)
    await expect(films.ask('{ whoAmI }')).rejects.toThrow()
  })

  test('does not wait longer than told, and says so to the callers', async () => {
    const { films, state, traces } = await start({ drainTimeoutMs: 100 })
    const hanging = films.ask('{ never }')
    await pause(50)
    const began = performance.now()
    await films.drain()
    expect(performance.now() - began).toBeLessThan(2000)
    expect(await hanging).toMatchObject({ status: 503, errors: [{ extensions: { code: 'SHUTTING_DOWN' } }] })
    expect(traces.aborted).toMatchObject([{ code: 'SHUTTING_DOWN' }])
    expect(state.closed).toBe(1)
  })

  test('waits for work that its caller no longer waits for: a write must not lose its database', async () => {
    const { films, state, traces } = await start()
    const { errors } = await films.ask('{ stubborn(ms: 200) }', {}, undefined, within(20))
    expect(errors?.[0]?.extensions.code).toBe('DEADLINE_EXCEEDED')
    await Promise.all([films.drain(), films.drain()])
    expect([traces.aborted, state.closed]).toEqual([['ended all the same'], 1])
    expect(films.lines.filter(({ level }) => level !== 'info')).toHaveLength(1)
  })
})

test('/metrics counts requests by outcome, SQL statements, and what is in flight', async () => {
  const { films } = await start()
  await films.ask('{ film(id: 1) { title } }')
  await films.ask('{ secretive }')
  await films.ask('{ nothing }')
  await films.ask('{ slow(ms: 500) }', {}, undefined, within(20))
  const slow = films.ask('{ slow(ms: 100) }')
  await pause(30)
  const { text } = await get(films, '/metrics')
  const value = (name: string): string | undefined =>
    text
      .split('\n')
      .find(line => line.startsWith(`${name} `))
      ?.split(' ')[1]
  for (const outcome of ['ok', 'partial', 'refused', 'failed']) {
    const name = `marquee_subgraph_request_duration_seconds_count{subgraph="films",outcome="${outcome}"}`
    expect([outcome, value(name)]).toEqual([outcome, '1'])
  }
  expect(value('marquee_subgraph_requests_in_flight{subgraph="films"}')).toBe('1')
  expect(value('marquee_subgraph_sql_statements_total{subgraph="films"}')).toBe('1')
  expect(value('marquee_subgraph_sql_statement_duration_seconds_sum{subgraph="films"}')).toBe('0.002')
  expect(value('process_resident_memory_bytes{subgraph="films"}')).toBeDefined()
  await slow
})

test('a port in use is said so', async () => {
  const { films } = await start()
  const port = Number(new URL(films.url).port)
  await expect(start({ port })).rejects.toMatchObject({ code: 'PORT_IN_USE' })
})
