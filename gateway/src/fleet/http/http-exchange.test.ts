import { describe, expect, test } from '@jest/globals'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { readAnswerHead } from './answer-head.ts'
import { HttpExchange } from './http-exchange.ts'
import { ok, post, until, withPool } from './testing/scripted-server.ts'

describe('abort', () => {
  test('before it begins', () =>
    withPool(
      () => undefined,
      async (pool, server) => {
        const reason = new Error('why')
        await expect(post(pool, '1', AbortSignal.abort(reason))).rejects.toMatchObject({
          kind: 'aborted',
          sent: false,
          cause: reason,
        })
        expect(server.sockets).toHaveLength(0)
      },
    ))

  test('while the connection opens: nothing is sent', () =>
    withPool(
      ({ socket, body }) => socket.write(ok(body)),
      async (pool, server) => {
        const controller = new AbortController()
        const answer = post(pool, '1', controller.signal)
        controller.abort()
        await expect(answer).rejects.toMatchObject({ kind: 'aborted', sent: false })
        expect(await post(pool, '2')).toBe('2')
        expect(server.received.map(request => request.body)).toEqual(['2'])
      },
    ))

  test('in the queue: it is never sent, and the others are', () =>
    withPool(
      ({ socket, body }) => void setTimeout(() => socket.write(ok(body)), 20),
      async (pool, server) => {
        const controller = new AbortController()
        const first = post(pool, '1')
        const second = post(pool, '2', controller.signal)
        const third = post(pool, '3')
        await until(() => server.received.length === 1)
        controller.abort()
        await expect(second).rejects.toMatchObject({ kind: 'aborted', sent: false })
        expect(await Promise.all([first, third])).toEqual(['1', '3'])
        expect(server.received.map(request => request.body)).toEqual(['1', '3'])
      },
      { connections: 1 },
    ))

  test('in flight: the connection is closed at once, and makes room', () =>
    withPool(
      ({ socket, body }) => body === '2' && socket.write(ok(body)),
      async (pool, server) => {
        const controller = new AbortController()
        const answer = post(pool, '1', controller.signal)
        await until(() => server.received.length === 1)
        const next = post(pool, '2')
        controller.abort()
        await expect(answer).rejects.toMatchObject({ kind: 'aborted', sent: true })
        expect(await next).toBe('2')
        expect(server.received.map(({ connection }) => connection)).toEqual([0, 1])
        await until(() => server.sockets[0]?.destroyed === true)
      },
      { connections: 1, firstByteTimeoutMs: 60_000 },
    ))

  test('while a thread decompresses: it is not waited for', async () => {
    const controller = new AbortController()
    const request = { head: '', body: '', isAscii: true, isIdempotent: true, signal: controller.signal }
    const head = readAnswerHead('HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n')
    const exchange = new HttpExchange(request)
    exchange.succeed({ head, body: gzipSync(Buffer.alloc(4_000_000)), isClean: true }, 10_000_000)
    controller.abort()
    await expect(exchange.answered).rejects.toMatchObject({ kind: 'aborted' })
  })

  test('in the middle of an answer', () =>
    withPool(
      ({ socket, body }, index) => socket.write(index === 0 ? ok('longer').slice(0, -3) : ok(body)),
      async (pool, server) => {
        const controller = new AbortController()
        const answer = post(pool, '1', controller.signal)
        await until(() => server.received.length === 1)
        await sleep(10)
        controller.abort()
        await expect(answer).rejects.toMatchObject({ kind: 'aborted', sent: true })
        expect(await post(pool, '2')).toBe('2')
        expect(server.sockets).toHaveLength(2)
      },
    ))

  test('of a signal that many share warns of nothing and leaves no listener', () =>
    withPool(
      ({ socket, body }) => socket.write(ok(body)),
      async pool => {
        const warnings: Error[] = []
        const onWarning = (warning: Error): void => void warnings.push(warning)
        process.on('warning', onWarning)
        const { signal } = new AbortController()
        let listeners = 0
        const add = signal.addEventListener.bind(signal)
        const remove = signal.removeEventListener.bind(signal)
        signal.addEventListener = (...args: Parameters<typeof add>) => (listeners++, add(...args))
        signal.removeEventListener = (...args: Parameters<typeof remove>) => (listeners--, remove(...args))
        await Promise.all(Array.from({ length: 40 }, () => post(pool, '1', signal)))
        await sleep(0)
        process.off('warning', onWarning)
        expect(warnings).toEqual([])
        expect(listeners).toBe(0)
      },
    ))
})
