import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ask, codesOf } from '../testing/ask.ts'
import { startTestGateway } from '../testing/test-gateway.ts'
import { startTinyFederation, type TinyFederation } from '../testing/tiny-federation.ts'

let federation: TinyFederation
let gateway: Awaited<ReturnType<typeof startTestGateway>>
beforeAll(async () => {
  federation = await startTinyFederation()
  gateway = await startTestGateway(federation.supergraphFile)
})
afterAll(async () => {
  await gateway.drain()
  await federation.stop()
})

describe('automatic persisted queries', () => {
  const query = '{ books { title } }'
  const extensions = {
    persistedQuery: { version: 1, sha256Hash: createHash('sha256').update(query).digest('hex') },
  }
  test('a document sent once is asked for by its hash, by POST and GET', async () => {
    const unknown = await ask(gateway.url, { extensions })
    expect([unknown.status, codesOf(unknown.body)]).toEqual([200, ['PERSISTED_QUERY_NOT_FOUND']])
    const registered = await ask(gateway.url, { query, extensions })
    const known = await ask(gateway.url, { extensions })
    const got = await fetch(`${gateway.url}?extensions=${encodeURIComponent(JSON.stringify(extensions))}`, {
      headers: { 'apollo-require-preflight': 'true' },
    })
    expect(registered.body.data).toBeTruthy()
    expect(known.body).toEqual(registered.body)
    expect(await got.json()).toEqual(registered.body)
  })

  test('another document cannot be stored under a hash', async () => {
    const { status, body } = await ask(gateway.url, { query: '{ cheapest { id } }', extensions })
    expect([status, codesOf(body)]).toEqual([400, ['PERSISTED_QUERY_HASH_MISMATCH']])
  })

  test('can be switched off', async () => {
    const off = await startTestGateway(federation.supergraphFile, { persistedQueries: { enabled: false } })
    const { body } = await ask(off.url, { query, extensions })
    await off.drain()
    expect(codesOf(body)).toEqual(['PERSISTED_QUERY_NOT_SUPPORTED'])
  })
})
