import { describe, expect, test } from '@jest/globals'
import { setTimeout as sleep } from 'node:timers/promises'
import { HttpPool } from './http-pool.ts'
import { ok, post, startScriptedServer, testOptions, until, withPool } from './testing/scripted-server.ts'

describe('HttpPool', () => {
  test('sends one request and reads its answer', () =>
    withPool(
      ({ socket }) => socket.write(ok('{"data":1}', 'X-Served-By: a\r\n')),
      async (pool, server) => {
        const answer = await pool.post('/graphql?a=b', 'x-request-id: 7\r\n', '{"query":"é"}', undefined)
        expect(answer.status).toBe(200)
        expect(answer.body).toBe('{"data":1}')
        expect(answer.headers.get('x-served-by')).toBe('a')
        expect(server.received[0]?.body).toBe('{"query":"é"}')
        expect(server.received[0]?.head.split('\r\n')).toEqual([
          'POST /graphql?a=b HTTP/1.1',
          `host: ${server.origin.host}`,
          'accept-encoding: gzip, br, zstd',
          'x-request-id: 7',
          'content-length: 14',
        ])
      },
    ))

  test.each([
    ['a character beyond Latin-1', 'x-a: \u010d\r\n'],
    ['one that would be a line feed once cut to a byte', 'x-a: \u010ax-b: c\r\n'],
  ])('refuses a header with %s', (_, headerLines) =>
    withPool(
      ({ socket }) => socket.write(ok('{}')),
      async (pool, server) => {
        await expect(pool.post('/', headerLines, '{}', undefined)).rejects.toMatchObject({ sent: false })
        await pool.post('/', 'x-a: \u00e9\r\n', '"é"', undefined)
        await pool.post('/', 'x-a: \u00e9\r\n', '""', undefined)
        expect(server.received.map(request => request.head.includes('x-a: \u00e9\r\n'))).toEqual([true, true])
      },
    ),
  )

  test('keeps a connection and uses the last used first', () =>
    withPool(
      ({ socket, body }) => socket.write(ok(body)),
      async (pool, server) => {
        await Promise.all([post(pool, '1'), post(pool, '2')])
        for (const body of ['3', '4', '5']) expect(await post(pool, body)).toBe(body)
        expect(server.sockets).toHaveLength(2)
        expect(new Set(server.received.slice(2).map(request => request.connection)).size).toBe(1)
      },
    ))

  test('opens no more than its connections; the rest waits in order', () =>
    withPool(
      ({ socket, body }) => void setTimeout(() => socket.write(ok(body)), 5),
      async (pool, server) => {
        const bodies = Array.from({ length: 20 }, (_, index) => String(index))
        expect(await Promise.all(bodies.map(body => post(pool, body)))).toEqual(bodies)
        expect(server.sockets).toHaveLength(2)
        expect(server.received.map(request => request.body)).toEqual(bodies)
      },
      { connections: 2 },
    ))

  test('never has two requests on one connection', () => {
    const busy = new Set<number>()
    return withPool(
      ({ socket, body, connection }) => {
        expect(busy.has(connection)).toBe(false)
        busy.add(connection)
        setImmediate(() => {
          busy.delete(connection)
          socket.write(ok(body))
        })
      },
      async pool => {
        const bodies = Array.from({ length: 200 }, (_, index) => String(index))
        expect(await Promise.all(bodies.map(body => post(pool, body)))).toEqual(bodies)
      },
    )
  })

  test('carries long bodies both ways', () =>
    withPool(
      ({ socket, body }) => socket.write(ok(body)),
      async pool => {
        for (const body of ['é'.repeat(400_000), 'x'.repeat(900_000)])
          expect(await post(pool, body)).toBe(body)
      },
    ))

  test('answers that come byte by byte', () =>
    withPool(
      async ({ socket, body }) => {
        for (const byte of Buffer.from(ok(body))) {
          socket.write(Buffer.of(byte))
          await sleep(0)
        }
      },
      async pool => {
        expect(await post(pool, '"é"')).toBe('"é"')
        expect(await post(pool, '2')).toBe('2')
      },
    ))
})

describe('opening a connection', () => {
  test('is refused: nothing was sent', async () => {
    const server = await startScriptedServer(() => undefined)
    await server.close()
    const pool = new HttpPool(server.origin, { ...testOptions, connections: 2 })
    const results = await Promise.allSettled(
      Array.from({ length: 6 }, () => post(pool, '1', undefined, true)),
    )
    for (const result of results) {
      expect(result).toMatchObject({ status: 'rejected', reason: { kind: 'connect', sent: false } })
      expect(String((result as PromiseRejectedResult).reason)).toContain('ECONNREFUSED')
    }
    await pool.close()
  })

  test('takes too long: nothing was sent', async () => {
    // Nobody answers there (RFC 5737); without a route it is refused at once.
    const pool = new HttpPool(new URL('http://192.0.2.1:81'), { ...testOptions, connectTimeoutMs: 80 })
    await expect(post(pool)).rejects.toMatchObject({ kind: 'connect', sent: false })
    await pool.close()
  })
})

describe('close', () => {
  test('ends idle, busy and waiting, and refuses what comes later', async () => {
    const server = await startScriptedServer(({ socket, body }) => {
      if (body === '1') socket.write(ok(body))
    })
    const pool = new HttpPool(server.origin, { ...testOptions, connections: 2 })
    await post(pool, '1')
    const settled = Promise.allSettled([post(pool, '2'), post(pool, '3'), post(pool, '4', undefined, true)])
    await until(() => server.received.length === 3)
    await pool.close()
    await pool.close()
    expect(await settled).toMatchObject(
      [true, true, false].map(sent => ({ reason: { kind: 'aborted', sent } })),
    )
    await expect(post(pool)).rejects.toMatchObject({ kind: 'aborted', sent: false })
    await until(() => server.sockets.every(socket => socket.destroyed))
    await server.close()
  })

  test('of a pool that never opened a connection', async () => {
    await new HttpPool(new URL('http://127.0.0.1:1'), testOptions).close()
  })
})
