import { describe, expect, test } from '@jest/globals'
import { setTimeout as sleep } from 'node:timers/promises'
import { dialer } from './dial.ts'
import { HttpConnection } from './http-connection.ts'
import { HttpExchange } from './http-exchange.ts'
import type { HttpPool } from './http-pool.ts'
import {
  ok,
  post,
  type Received,
  startScriptedServer,
  testOptions,
  until,
  withPool,
} from './testing/scripted-server.ts'

const holdUp = (ms: number): void => {
  const end = performance.now() + ms
  while (performance.now() < end);
}

describe('a connection is not used again', () => {
  const bodies = async (pool: HttpPool): Promise<string[]> => [await post(pool, '1'), await post(pool, '2')]

  test.each([
    ['the server says so', (body: string) => ok(body, 'connection: close\r\n')],
    ['HTTP/1.0', (body: string) => ok(body).replace('1.1', '1.0')],
    [
      'more came than the answer',
      (body: string) => `${ok(body)}HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx`,
    ],
    ['the server keeps it for a second only', (body: string) => ok(body, 'keep-alive: timeout=1\r\n')],
  ])('when %s', async (_, answer) => {
    const ask = async (run: (pool: HttpPool) => Promise<string[]>): Promise<void> =>
      withPool(
        ({ socket, body }) => socket.write(answer(body)),
        async (pool, server) => {
          expect(await run(pool)).toEqual(['1', '2'])
          expect(server.sockets).toHaveLength(2)
        },
        { connections: 1 },
      )
    await ask(bodies)
    await ask(pool => Promise.all([post(pool, '1'), post(pool, '2')]))
  })

  test('when the body ends with the connection', () =>
    withPool(
      ({ socket, body }) => socket.end(`HTTP/1.1 200 OK\r\n\r\n${body}`),
      async (pool, server) => {
        expect(await bodies(pool)).toEqual(['1', '2'])
        expect(server.sockets).toHaveLength(2)
      },
    ))

  test('when something comes while it is idle', () =>
    withPool(
      ({ socket, body }, index) => {
        socket.write(ok(body))
        if (index === 0) setTimeout(() => socket.write(ok('"stray"')), 5)
      },
      async (pool, server) => {
        expect(await post(pool, '1')).toBe('1')
        await until(() => server.sockets[0]?.destroyed === true)
        expect(await post(pool, '2')).toBe('2')
        expect(server.sockets).toHaveLength(2)
      },
    ))

  test('when the answer came before the request was written in full', () =>
    withPool(
      () => undefined,
      async (pool, server) => {
        const answer = post(pool, 'x'.repeat(60_000_000))
        await until(() => server.sockets.length === 1)
        server.sockets[0]?.pause()
        server.sockets[0]?.write(ok('"too long"'))
        expect(await answer).toBe('"too long"')
        const next = post(pool, '2')
        await until(() => server.received.length === 1)
        expect(server.received[0]?.connection).toBe(1)
        server.received[0]?.socket.write(ok('2'))
        expect(await next).toBe('2')
      },
    ))

  test('when it has been idle for too long, and then it is closed', () =>
    withPool(
      ({ socket, body }) => socket.write(ok(body)),
      async (pool, server) => {
        await post(pool, '1')
        const { socket } = server.received[0] ?? {}
        await until(() => socket?.readableEnded === true)
        await post(pool, '2')
        expect(server.sockets).toHaveLength(2)
      },
      { keepAliveMs: 60 },
    ))

  test('when it has been idle for too long while this process was held up', () =>
    withPool(
      ({ socket, body }) => socket.write(ok(body)),
      async (pool, server) => {
        await post(pool, '1')
        holdUp(150)
        await post(pool, '2')
        expect(server.sockets).toHaveLength(2)
      },
      { keepAliveMs: 100 },
    ))

  test('when the server has closed it, which is noticed while idle', () =>
    withPool(
      ({ socket, body }) => {
        socket.write(ok(body))
        setTimeout(() => socket.end(), 5)
      },
      async (pool, server) => {
        await post(pool, '1')
        await until(() => server.sockets[0]?.destroyed === true)
        expect(await post(pool, '2', undefined, false)).toBe('2')
        expect(server.received).toHaveLength(2)
      },
    ))
})

describe('a kept-alive connection that closes on a request', () => {
  /** Answers the first request; the second finds its connection closed, before any byte. */
  const closing = (cut: 'destroy' | 'resetAndDestroy' | 'end') => (request: Received, index: number) => {
    if (index === 1) request.socket[cut]()
    else request.socket.write(ok(request.body))
  }

  test.each(['destroy', 'resetAndDestroy', 'end'] as const)(
    'is replaced for an idempotent request (%s)',
    cut =>
      withPool(closing(cut), async (pool, server) => {
        await post(pool, '1')
        expect(await post(pool, '2', undefined, true)).toBe('2')
        expect(server.received.map(({ body, connection }) => [body, connection])).toEqual([
          ['1', 0],
          ['2', 0],
          ['2', 1],
        ])
      }),
  )

  test('fails any other request, which may have been processed', () =>
    withPool(closing('resetAndDestroy'), async (pool, server) => {
      await post(pool, '1')
      await expect(post(pool, '2')).rejects.toMatchObject({ kind: 'reset', sent: true })
      expect(server.received).toHaveLength(2)
      expect(await post(pool, '3')).toBe('3')
    }))

  test('is replaced also when it was opened and never used', () =>
    withPool(
      ({ socket, body }, index) => (index === 0 ? socket.destroy() : socket.write(ok(body))),
      async (pool, server) => {
        const controller = new AbortController()
        const aborted = post(pool, '1', controller.signal)
        controller.abort()
        await expect(aborted).rejects.toMatchObject({ kind: 'aborted' })
        await until(() => server.sockets.length === 1)
        await sleep(10)
        expect(await post(pool, '2', undefined, true)).toBe('2')
        expect(server.received.map(({ body, connection }) => [body, connection])).toEqual([
          ['2', 0],
          ['2', 1],
        ])
      },
    ))

  test('is replaced once', async () => {
    const server = await startScriptedServer(({ socket, body }) =>
      body === '1' ? socket.write(ok(body)) : socket.destroy(),
    )
    const make = (body: string): HttpExchange => {
      const head = 'POST / HTTP/1.1\r\ncontent-length: 1\r\n\r\n'
      return new HttpExchange({ head, body, isAscii: true, isIdempotent: true, signal: undefined })
    }
    const [first, retry] = [make('1'), make('2')]
    retry.isRetry = true
    const closed = Promise.withResolvers<void>()
    const again: HttpExchange[] = []
    const connection = new HttpConnection(dialer(server.origin, undefined), testOptions, {
      onFree: () => connection.send(first.isSent ? retry : first),
      onUnanswered: exchange => again.push(exchange),
      onClosed: () => closed.resolve(),
    })
    await closed.promise
    expect((await first.answered).body).toBe('1')
    expect(again).toEqual([])
    await expect(retry.answered).rejects.toMatchObject({ kind: 'reset', sent: true })
    await server.close()
  })

  test('is not replaced once a byte of the answer has come', () =>
    withPool(
      ({ socket, body }, index) => {
        if (index === 0) socket.write(ok(body))
        else socket.end('H')
      },
      async (pool, server) => {
        await post(pool, '1')
        await expect(post(pool, '2', undefined, true)).rejects.toMatchObject({ kind: 'reset', sent: true })
        expect(server.received).toHaveLength(2)
      },
    ))

  test('a fresh connection that closes fails its request, idempotent or not', () =>
    withPool(
      ({ socket }) => socket.destroy(),
      async (pool, server) => {
        await expect(post(pool, '1', undefined, true)).rejects.toMatchObject({ kind: 'reset', sent: true })
        expect(server.received).toHaveLength(1)
      },
    ))
})

describe('a broken server', () => {
  test.each([
    ['in the status line', 'HTTP/1.1 20'],
    ['in the fields', 'HTTP/1.1 200 OK\r\ncontent-le'],
    ['before the body', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n'],
    ['in the body', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab'],
    ['in a chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab'],
    ['before the last chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n'],
    ['after 100 Continue', 'HTTP/1.1 100 Continue\r\n\r\n'],
  ])('closes or resets %s', async (_, text) => {
    for (const cut of ['end', 'destroy', 'resetAndDestroy'] as const) {
      await withPool(
        ({ socket }) => void socket.write(text, () => setImmediate(() => socket[cut]())),
        async pool => {
          await expect(post(pool, '1', undefined, true)).rejects.toMatchObject({ kind: 'reset', sent: true })
        },
      )
    }
  })

  test('resets in a body without a length', () =>
    withPool(
      ({ socket }) =>
        void socket.write('HTTP/1.1 200 OK\r\n\r\n{"a":', () =>
          setTimeout(() => socket.resetAndDestroy(), 20),
        ),
      async pool => {
        await expect(post(pool)).rejects.toMatchObject({ kind: 'reset', sent: true })
      },
    ))

  test.each([
    ['garbage', '\0\x01garbage', 'protocol'],
    ['garbage that looks like a beginning', 'HTTP/1.1 what?\r\n\r\n', 'protocol'],
    ['a body that is too long', `HTTP/1.1 200 OK\r\ncontent-length: 1000001\r\n\r\n`, 'too-large'],
    ['an encoding that nobody asked for', ok('x', 'content-encoding: lzma\r\n'), 'protocol'],
  ])('answers with %s', (_, text, kind) =>
    withPool(
      ({ socket, body }, index) => socket.write(index === 0 ? text : ok(body)),
      async (pool, server) => {
        await expect(post(pool, '1', undefined, true)).rejects.toMatchObject({ kind, sent: true })
        expect(server.received).toHaveLength(1)
        expect(await post(pool, '2')).toBe('2')
      },
    ),
  )

  test('never answers', () =>
    withPool(
      () => undefined,
      async (pool, server) => {
        const started = performance.now()
        await expect(post(pool)).rejects.toMatchObject({ kind: 'timeout', sent: true })
        const took = performance.now() - started
        expect(took).toBeGreaterThanOrEqual(100)
        expect(took).toBeLessThan(1500)
        await until(() => server.sockets[0]?.destroyed === true)
      },
      { firstByteTimeoutMs: 100 },
    ))

  test('falls silent in the middle of a body; a slow one is waited for', () =>
    withPool(
      async ({ socket, body }) => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n')
        for (const character of body === 'slow' ? '"slow"' : '"s') {
          await sleep(40)
          socket.write(character)
        }
      },
      async pool => {
        expect(await post(pool, 'slow')).toBe('"slow"')
        await expect(post(pool, 'silent')).rejects.toMatchObject({ kind: 'timeout', sent: true })
      },
      { firstByteTimeoutMs: 200 },
    ))

  test('an answer that was there in time is read though this process was held up', () =>
    withPool(
      ({ socket, body }) => {
        socket.write(ok(body))
        if (body === '2') holdUp(300)
      },
      async pool => {
        await post(pool, '1')
        expect(await post(pool, '2')).toBe('2')
      },
      { firstByteTimeoutMs: 100 },
    ))
})
