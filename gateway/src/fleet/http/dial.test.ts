import { describe, expect, test } from '@jest/globals'
import { networkInterfaces } from 'node:os'
import { createServer, type TLSSocket } from 'node:tls'
import type { HttpOptions } from './http-answer.ts'
import { HttpPool } from './http-pool.ts'
import { ok, type ScriptedServer, startScriptedServer, testOptions } from './testing/scripted-server.ts'
import { selfSigned } from './testing/self-signed.ts'

const hasIpv6 = Object.values(networkInterfaces()).some(all => all?.some(({ address }) => address === '::1'))

const echo = ({ socket, body }: { socket: { write: (text: string) => unknown }; body: string }): void =>
  void socket.write(ok(body))

const startTlsServer = (): Promise<ScriptedServer> =>
  startScriptedServer(
    echo,
    createServer({ ...selfSigned, ALPNProtocols: ['h2', 'http/1.1'] }),
    'secureConnection',
  )

/** Asks so often, one after the other. */
const ask = async (
  url: string,
  options: Partial<HttpOptions>,
  bodies: readonly string[],
): Promise<string[]> => {
  const pool = new HttpPool(new URL(url), { ...testOptions, ...options })
  try {
    const answers: string[] = []
    for (const body of bodies) answers.push((await pool.post('/', '', body, undefined)).body)
    return answers
  } finally {
    await pool.close()
  }
}

describe('an origin', () => {
  test.each(hasIpv6 ? ['127.0.0.1', '::1'] : ['127.0.0.1'])('by its address %s', async host => {
    const server = await startScriptedServer(echo, undefined, undefined, host)
    expect(await ask(server.origin.href, {}, ['1', '2'])).toEqual(['1', '2'])
    expect(server.received[0]?.head).toContain(`host: ${server.origin.host}\r\n`)
    await server.close()
  })

  test('by its name', async () => {
    const server = await startScriptedServer(echo)
    expect(await ask(`http://localhost:${server.origin.port}`, {}, ['1'])).toEqual(['1'])
    await server.close()
  })

  test('by a name that there is not', async () => {
    await expect(ask('http://nobody.invalid', {}, ['1'])).rejects.toMatchObject({
      kind: 'connect',
      sent: false,
    })
  })
})

describe('TLS', () => {
  test.each(['localhost', '127.0.0.1'])('reaches https://%s', async host => {
    const server = await startTlsServer()
    const long = 'é'.repeat(200_000)
    const url = `https://${host}:${server.origin.port}`
    expect(await ask(url, { ca: selfSigned.cert }, ['1', long, '3'])).toEqual(['1', long, '3'])
    expect(server.sockets).toHaveLength(1)
    const socket = server.sockets[0] as TLSSocket
    expect(socket.alpnProtocol).toBe('http/1.1')
    expect((socket as { servername?: unknown }).servername).toBe(host === 'localhost' ? host : false)
    await server.close()
  })

  test('resumes the session on the next connection', async () => {
    const isReused: boolean[] = []
    const server = await startScriptedServer(
      ({ socket, body }) => {
        isReused.push((socket as TLSSocket).isSessionReused())
        socket.write(ok(body, 'connection: close\r\n'))
      },
      createServer(selfSigned),
      'secureConnection',
    )
    await ask(`https://localhost:${server.origin.port}`, { ca: selfSigned.cert }, ['1', '2'])
    await server.close()
    expect(isReused).toEqual([false, true])
  })

  test('a certificate that nobody trusts: nothing is sent', async () => {
    const server = await startTlsServer()
    const asked = ask(`https://localhost:${server.origin.port}`, {}, ['1'])
    await expect(asked).rejects.toMatchObject({ kind: 'connect', sent: false })
    expect(server.received).toHaveLength(0)
    await server.close()
  })

  test.each([
    ['speaks no TLS', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['says nothing', ''],
  ])('a server that %s: nothing is sent', async (_, text) => {
    const server = await startScriptedServer(() => undefined)
    const pool = new HttpPool(new URL(`https://localhost:${server.origin.port}`), {
      ...testOptions,
      connectTimeoutMs: 100,
    })
    const asked = pool.post('/', '', '1', undefined)
    asked.catch(() => undefined)
    while (server.sockets.length === 0) await new Promise(resolve => setImmediate(resolve))
    server.sockets[0]?.write(text)
    await expect(asked).rejects.toMatchObject({ kind: 'connect', sent: false })
    await pool.close()
    await server.close()
  })
})
