import { createHash } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { ask, codesOf } from '../testing/ask.ts'
import { startTestGateway } from '../testing/test-gateway.ts'
import { withTinyGateway } from '../testing/with-tiny-gateway.ts'

const tiny = withTinyGateway()

describe('automatic persisted queries', () => {
  const query = '{ books { title } }'
  const extensions = {
    persistedQuery: { version: 1, sha256Hash: createHash('sha256').update(query).digest('hex') },
  }
  test('a document sent once is asked for by its hash, by POST and GET', async () => {
    const unknown = await ask(tiny.gateway.url, { extensions })
    expect([unknown.status, codesOf(unknown.body)]).toEqual([200, ['PERSISTED_QUERY_NOT_FOUND']])
    const registered = await ask(tiny.gateway.url, { query, extensions })
    const known = await ask(tiny.gateway.url, { extensions })
    const got = await fetch(
      `${tiny.gateway.url}?extensions=${encodeURIComponent(JSON.stringify(extensions))}`,
      {
        headers: { 'apollo-require-preflight': 'true' },
      },
    )
    expect(registered.body.data).toBeTruthy()
    expect(known.body).toEqual(registered.body)
    expect(await got.json()).toEqual(registered.body)
  })

  test('another document cannot be stored under a hash', async () => {
    const { status, body } = await ask(tiny.gateway.url, { query: '{ cheapest { id } }', extensions })
    expect([status, codesOf(body)]).toEqual([400, ['PERSISTED_QUERY_HASH_MISMATCH']])
  })

  test('can be switched off', async () => {
    const off = await startTestGateway(tiny.federation.supergraphFile, {
      persistedQueries: { enabled: false },
    })
    const { body } = await ask(off.url, { query, extensions })
    await off.drain()
    expect(codesOf(body)).toEqual(['PERSISTED_QUERY_NOT_SUPPORTED'])
  })
})
