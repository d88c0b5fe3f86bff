import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { verifyIdentity } from '@marquee/contract'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, type CryptoKey, type JWTPayload } from 'jose'
import { ask, type Reply } from '../testing/ask.ts'
import { startTestGateway } from '../testing/test-gateway.ts'
import { startTinyFederation, type TinyFederation } from '../testing/tiny-federation.ts'

const secret = 'a secret of at least some length'
const now = (): number => Math.floor(Date.now() / 1000)

let federation: TinyFederation
let gateway: Awaited<ReturnType<typeof startTestGateway>>
let keyServer: Server
let key: CryptoKey
let jwksUrl: string

beforeAll(async () => {
  const pair = await generateKeyPair('EdDSA')
  key = pair.privateKey
  const jwks = { keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'EdDSA', use: 'sig' }] }
  keyServer = createServer((_request, response) => response.end(JSON.stringify(jwks)))
  await new Promise<void>(resolve => keyServer.listen(0, '127.0.0.1', resolve))
  jwksUrl = `http://127.0.0.1:${(keyServer.address() as AddressInfo).port}/jwks.json`
  federation = await startTinyFederation()
  gateway = await startTestGateway(federation.supergraphFile, { secret, identity: { jwksUrl } })
})
beforeEach(() => {
  federation.books.received.length = 0
})
afterAll(async () => {
  await gateway.drain()
  await federation.stop()
  keyServer.close()
})

const claims = { sub: 'User_1', scope: 'read write', tier: 'partner' }

const sign = (
  payload: JWTPayload = claims,
  { issuer = 'marquee', audience = 'marquee', expires = now() + 60, kid = 'k1', by = key } = {},
): Promise<string> =>
  new SignJWT(payload)
    .setProtectedHeader({ alg: 'EdDSA', kid })
    .setIssuer(issuer)
    .setAudience(audience)
    .setIssuedAt()
    .setExpirationTime(expires)
    .sign(by)

const askAs = (authorization: string | undefined, url = gateway.url): Promise<Reply> =>
  ask(url, { query: '{ books { title } }' }, authorization === undefined ? {} : { authorization })

const identityAtSubgraph = (): unknown => verifyIdentity(secret, 'books', federation.books.received[0] ?? {})

describe('who asks', () => {
  test('stands in the token, and reaches the subgraph signed', async () => {
    const { body } = await askAs(`Bearer ${await sign()}`)
    expect(body.data).toBeTruthy()
    expect(identityAtSubgraph()).toEqual({
      subject: 'User_1',
      scopes: ['read', 'write'],
      client: null,
      tier: 'partner',
    })
    expect(federation.books.received[0]).not.toHaveProperty('authorization')
  })

  test('an API client has no subject', async () => {
    await askAs(`bearer ${await sign({ client: 'ApiClient_1', tier: 'internal' })}`)
    expect(identityAtSubgraph()).toEqual({
      subject: null,
      scopes: [],
      client: 'ApiClient_1',
      tier: 'internal',
    })
  })

  test('nobody in particular without a token', async () => {
    await askAs(undefined)
    expect(identityAtSubgraph()).toMatchObject({ subject: null, tier: 'anonymous' })
  })

  test('a clock that is a little behind is tolerated', async () => {
    const { body } = await askAs(`Bearer ${await sign(claims, { expires: now() - 2 })}`)
    expect(body.data).toBeTruthy()
  })
})

describe('a bad token is refused before anything is fetched', () => {
  const forged = async (): Promise<string> => (await generateKeyPair('EdDSA')).privateKey as unknown as string
  const cases: [string, () => Promise<string>, string][] = [
    ['expired', async () => `Bearer ${await sign(claims, { expires: now() - 60 })}`, 'TOKEN_EXPIRED'],
    ['of another issuer', async () => `Bearer ${await sign(claims, { issuer: 'evil' })}`, 'TOKEN_INVALID'],
    [
      'for another audience',
      async () => `Bearer ${await sign(claims, { audience: 'shop' })}`,
      'TOKEN_INVALID',
    ],
    [
      'signed by another key',
      async () => `Bearer ${await sign(claims, { by: (await forged()) as never })}`,
      'TOKEN_INVALID',
    ],
    ['of an unknown key', async () => `Bearer ${await sign(claims, { kid: 'k9' })}`, 'TOKEN_INVALID'],
    [
      'with a tier that is none',
      async () => `Bearer ${await sign({ ...claims, tier: 'root' })}`,
      'TOKEN_INVALID',
    ],
    ['that names nobody', async () => `Bearer ${await sign({})}`, 'TOKEN_INVALID'],
    [
      'without an end',
      async () =>
        `Bearer ${await new SignJWT(claims).setProtectedHeader({ alg: 'EdDSA', kid: 'k1' }).setIssuer('marquee').setAudience('marquee').sign(key)}`,
      'TOKEN_INVALID',
    ],
    [
      'without a signature',
      async () =>
        `Bearer ${new UnsecuredJWT(claims).setIssuer('marquee').setAudience('marquee').setExpirationTime('1m').encode()}`,
      'TOKEN_INVALID',
    ],
    [
      'signed by a shared secret',
      async () =>
        `Bearer ${await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'k1' }).setIssuer('marquee').setAudience('marquee').setExpirationTime('1m').sign(Buffer.alloc(32))}`,
      'TOKEN_INVALID',
    ],
    ['that is no token', async () => 'Bearer abc', 'TOKEN_INVALID'],
    ['of another scheme', async () => 'Basic dXNlcjpwYXNz', 'TOKEN_INVALID'],
    ['that is empty', async () => 'Bearer ', 'TOKEN_INVALID'],
  ]
  test.each(cases)('one %s', async (_name, authorization, code) => {
    const { status, headers, body } = await askAs(await authorization())
    expect([status, body.errors?.map(error => error.extensions['code'])]).toEqual([401, [code]])
    expect(headers.get('www-authenticate')).toContain('Bearer')
    expect(federation.books.received).toEqual([])
  })
})

test('a good signature by an algorithm that is not configured is refused', async () => {
  const pinned = await startTestGateway(federation.supergraphFile, {
    identity: { jwksUrl, algorithms: ['ES256'] },
  })
  const { status, body } = await askAs(`Bearer ${await sign()}`, pinned.url)
  await pinned.drain()
  expect([status, body.errors?.[0]?.extensions?.['code']]).toEqual([401, 'TOKEN_INVALID'])
})

test('keys that cannot be had are no fault of the token', async () => {
  const cutOff = await startTestGateway(federation.supergraphFile, {
    identity: { jwksUrl: 'http://127.0.0.1:9/jwks.json' },
  })
  const { status, body } = await askAs(`Bearer ${await sign()}`, cutOff.url)
  const anonymous = await askAs(undefined, cutOff.url)
  await cutOff.drain()
  expect([status, body.errors?.[0]?.extensions['code']]).toEqual([503, 'IDENTITY_UNAVAILABLE'])
  expect(anonymous.status).toBe(200)
})

test('with a key set that is not configured, tokens are passed on only where asked for', async () => {
  const plain = await startTestGateway(federation.supergraphFile, { forwardHeaders: ['authorization'] })
  const { status } = await askAs('Bearer of-somebody-else', plain.url)
  await plain.drain()
  expect(status).toBe(200)
  expect(federation.books.received[0]).toMatchObject({ authorization: 'Bearer of-somebody-else' })
})
