import { chmod, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { ask } from '../testing/ask.ts'
import { startTestGateway } from '../testing/test-gateway.ts'
import { booksSdl, compose, startTinyFederation, type TinyFederation } from '../testing/tiny-federation.ts'

type Note = Readonly<{ name: string; details: Readonly<Record<string, unknown>> }>

let federation: TinyFederation
let gateway: Awaited<ReturnType<typeof startTestGateway>> | undefined
let notes: Note[]

const open = async (): Promise<NonNullable<typeof gateway>> => {
  gateway = await startTestGateway(
    federation.supergraphFile,
    {},
    { notify: (name, details) => notes.push({ name, details }) },
  )
  return gateway
}

beforeEach(async () => {
  notes = []
  federation = await startTinyFederation()
})
afterEach(async () => {
  await gateway?.drain()
  gateway = undefined
  await federation.stop()
})

/** A supergraph without prices. */
const smaller = (): string => compose({ books: { sdl: booksSdl, url: federation.books.url } })

const noteCalled = async (name: string, count = 1): Promise<Note> => {
  for (let tries = 0; tries < 100; tries += 1) {
    const found = notes.filter(note => note.name === name)[count - 1]
    if (found !== undefined) return found
    await sleep(20)
  }
  throw new Error(`no ${name} within 2 s; there were ${JSON.stringify(notes)}`)
}

const replaceFile = async (sdl: string): Promise<void> => {
  const next = join(federation.folder, 'next')
  await writeFile(next, sdl)
  await rename(next, federation.supergraphFile)
}

describe('a changed supergraph', () => {
  test.each([
    ['written in place', (sdl: string) => writeFile(federation.supergraphFile, sdl)],
    ['renamed onto the old one', replaceFile],
  ])('%s is taken without a restart', async (_name, change) => {
    const { url } = await open()
    await change(smaller())
    await noteCalled('supergraph-loaded', 2)
    const { body } = await ask(url, { query: '{ cheapest { id } }' })
    expect(body.errors?.[0]?.extensions['code']).toBe('GRAPHQL_VALIDATION_FAILED')
    expect((await ask(url, { query: '{ books { title } }' })).status).toBe(200)
  })

  test('is taken again after the first change', async () => {
    const { url } = await open()
    for (const [index, sdl] of [smaller(), federation.sdl, smaller(), federation.sdl].entries()) {
      await replaceFile(sdl)
      await noteCalled('supergraph-loaded', index + 2)
    }
    expect((await ask(url, { query: '{ cheapest { price } }' })).body.data).toBeTruthy()
  })

  test('drops no request', async () => {
    const { url } = await open()
    const asking = new AbortController()
    const results: string[] = []
    const asker = async (): Promise<void> => {
      while (!asking.signal.aborted) {
        const { body } = await ask(url, { query: '{ books { title weight } }' })
        results.push(JSON.stringify(body))
      }
    }
    const slow = ask(url, { query: '{ slow cheapest { price } }' })
    const askers = [asker(), asker(), asker(), asker()]
    for (const [index, sdl] of [smaller(), federation.sdl, smaller()].entries()) {
      await replaceFile(sdl)
      await noteCalled('supergraph-loaded', index + 2)
    }
    asking.abort()
    await Promise.all(askers)
    expect((await slow).body).toEqual({ data: { slow: 'at last', cheapest: { price: 100 } } })
    expect(results.length).toBeGreaterThan(20)
    expect([...new Set(results)]).toHaveLength(1)
    expect(results[0]).toContain('Solaris')
  })

  test.each([
    ['that is not GraphQL', 'type Query {'],
    ['that is no supergraph', 'type Query { a: Int }'],
    ['that is empty', ''],
    ['that names a type it has not', '@'],
  ])('one %s is refused with its reason, and the one before serves on', async (_name, text) => {
    const { url, lines, origin } = await open()
    await replaceFile(text === '@' ? federation.sdl.replace('title: String!', 'title: Strong!') : text)
    const { details } = await noteCalled('supergraph-refused')
    expect(String(details['reason'])).toMatch(/^The supergraph cannot be loaded: .{5}/)
    expect(lines.filter(line => line['level'] === 50)).toHaveLength(1)
    expect((await ask(url, { query: '{ books { title price } }' })).body.data).toBeTruthy()
    expect(await (await fetch(`${origin}/metrics`)).text()).toContain('loads_total{outcome="refused"} 1')
    expect((await fetch(`${origin}/health/ready`)).status).toBe(200)
  })

  test('a file that goes away is reported once, and one that comes back is taken', async () => {
    const { url } = await open()
    await rm(federation.supergraphFile)
    const { details } = await noteCalled('supergraph-refused')
    expect(details['reason']).toContain('there is no file')
    await writeFile(federation.supergraphFile, smaller())
    await noteCalled('supergraph-loaded', 2)
    expect((await ask(url, { query: '{ books { title } }' })).status).toBe(200)
    expect(notes.filter(note => note.name === 'supergraph-refused')).toHaveLength(1)
  })
})

describe('a start', () => {
  test('with a broken file serves the last good one, until the file is mended', async () => {
    await (await open()).drain()
    await writeFile(federation.supergraphFile, 'broken')
    const { url } = await open()
    await noteCalled('supergraph-refused')
    expect((await ask(url, { query: '{ books { price } }' })).body.data).toBeTruthy()
    await replaceFile(smaller())
    await noteCalled('supergraph-loaded', 2)
    expect((await ask(url, { query: '{ cheapest { id } }' })).body.errors).toHaveLength(1)
  })

  test('without a good one fails and says why', async () => {
    await writeFile(federation.supergraphFile, 'type Query {')
    await expect(open()).rejects.toMatchObject({
      code: 'SUPERGRAPH_INVALID',
      message: expect.stringContaining('Syntax Error'),
    })
    await rm(federation.supergraphFile)
    await expect(open()).rejects.toMatchObject({
      code: 'SUPERGRAPH_INVALID',
      message: expect.stringContaining('there is no file'),
    })
  })

  test('is validated once: not again while it is like the copy of what was served before', async () => {
    // Only the planner's validation finds this one.
    const invalid = federation.sdl.replace(
      '@join__graph(name: "books"',
      '@join__graph(nope: 1, name: "books"',
    )
    await writeFile(federation.supergraphFile, invalid)
    await expect(open()).rejects.toMatchObject({
      code: 'SUPERGRAPH_INVALID',
      message: expect.stringContaining('"nope"'),
    })
    await writeFile(`${federation.supergraphFile}.last-good`, invalid)
    const { url } = await open()
    expect((await ask(url, { query: '{ books { title } }' })).status).toBe(200)
  })

  test('keeps a copy, and can do without', async () => {
    await (await open()).drain()
    expect(await readFile(`${federation.supergraphFile}.last-good`, 'utf8')).toBe(federation.sdl)
    await rm(`${federation.supergraphFile}.last-good`)
    await chmod(federation.folder, 0o555)
    const { url } = await open()
    await chmod(federation.folder, 0o755)
    expect((await ask(url, { query: '{ __typename }' })).status).toBe(200)
  })
})
