import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { identitySchema } from '@marquee/contract'
import { sqlRows, startTestPostgres, type ShardedDatabase, type TestPostgres } from '@marquee/data'
import fc from 'fast-check'
import { createLocalJWKSet, createRemoteJWKSet, decodeProtectedHeader, jwtVerify, type JWK } from 'jose'
import { authConfig, authModel, rotateKeys } from '../index.ts'
import { codeOf, dataOf, secret, serveAuth, shardNames, type TestAuth } from '../testing/serve-auth.ts'
import { accessTokenSigner } from './access-token.ts'
import { keyCipher } from './key-cipher.ts'
import { openKeyring } from './keyring.ts'

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startTestPostgres()
}, 60_000)
afterAll(async () => postgres?.stop())

/** Keys are read from the database each time, and used as soon as they are made. */
const atOnce = { keyPublishAheadSeconds: 0 }

let people = 0
const token = async (auth: TestAuth): Promise<string> =>
  dataOf(await auth.signUp(`token-${(people += 1)}@nostromo.example`)).signUp.accessToken
const jwksUrl = (auth: TestAuth) => new URL('/.well-known/jwks.json', auth.origin)
const publishedKids = async (auth: TestAuth): Promise<readonly string[]> => {
  const { keys } = (await (await fetch(jwksUrl(auth))).json()) as { keys: readonly { kid: string }[] }
  return keys.map(key => key.kid)
}
const verify = (auth: TestAuth, token: string) =>
  jwtVerify(token, createRemoteJWKSet(jwksUrl(auth)), {
    algorithms: ['EdDSA'],
    issuer: 'marquee',
    audience: 'marquee',
  })
const kidOf = (token: string) => decodeProtectedHeader(token).kid
const onEach = async <Row extends object>(
  database: ShardedDatabase,
  sql: string,
  params: readonly unknown[] = [],
): Promise<Row[]> =>
  (await Promise.all(database.shards().map(shard => sqlRows<Row>(shard.fork(), sql, params)))).flat()
/** As if the keys had been made so many seconds earlier. */
const age = (database: ShardedDatabase, seconds: number) =>
  onEach(
    database,
    `update signing_key set active_from = active_from - make_interval(secs => $1),
       retired_at = retired_at - make_interval(secs => $1)`,
    [seconds],
  )

describe('access tokens', () => {
  test('verify against the JWKS endpoint and say who asks', async () => {
    const auth = await serveAuth(postgres)
    const session = dataOf(await auth.signUp('claims@nostromo.example')).signUp
    const { payload, protectedHeader } = await verify(auth, session.accessToken)
    expect(protectedHeader).toMatchObject({ alg: 'EdDSA', kid: (await publishedKids(auth))[0] })
    expect(payload).toEqual({
      iss: 'marquee',
      aud: 'marquee',
      sub: session.user.id,
      scope: 'user',
      tier: 'user',
      iat: expect.any(Number),
      exp: (payload.iat ?? 0) + 900,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
    expect(Date.parse(session.accessTokenExpiresAt)).toBe((payload.exp ?? 0) * 1000)
    await auth.stop()
  })

  test('the JWKS endpoint shows public keys only, to anybody, for five minutes', async () => {
    const auth = await serveAuth(postgres)
    const response = await fetch(jwksUrl(auth))
    expect(response.headers.get('cache-control')).toBe('public, max-age=300')
    const { keys } = (await response.json()) as { keys: readonly JWK[] }
    expect(keys).toHaveLength(1)
    expect(Object.keys(keys[0] ?? {}).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x'])
    const [stored] = await auth.rows<{ private_key: Buffer }>('select * from signing_key')
    // Neither PKCS #8's mark of an Ed25519 key nor its outer shape.
    expect(stored?.private_key.includes(Buffer.from('06032b6570', 'hex'))).toBe(false)
    await auth.stop()
  })

  test('any identity survives the way through a token', async () => {
    const database = await postgres.sharded(authModel)
    const config = authConfig.parse({ secret })
    const keyring = await openKeyring(database, keyCipher(secret), config)
    const sign = accessTokenSigner(keyring, config)
    const keys = createLocalJWKSet({ keys: [...(await keyring.jwks()).keys] })
    const id = fc.option(fc.string({ minLength: 1, unit: 'grapheme' }))
    const identity = fc.record({
      subject: id,
      client: id,
      scopes: fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9:._-]{0,39}$/), { maxLength: 20 }),
      tier: fc.constantFrom('user' as const, 'partner' as const, 'internal' as const),
    })
    await fc.assert(
      fc.asyncProperty(identity, async identity => {
        const { accessToken } = await sign(identity)
        const { payload } = await jwtVerify(accessToken, keys, { issuer: 'marquee', audience: 'marquee' })
        const read = identitySchema.parse({
          subject: payload.sub ?? null,
          client: payload['client'] ?? null,
          scopes: String(payload['scope']).split(' ').filter(Boolean),
          tier: payload['tier'],
        })
        expect(read).toEqual(identity)
      }),
      { numRuns: 50 },
    )
  })
})

describe('signing keys', () => {
  test.each([1, 3])('replicas that start at once on %d shard(s) make one key', async shards => {
    const database = await postgres.sharded(authModel, shardNames(shards))
    const replicas = await Promise.all(Array.from({ length: 4 }, () => serveAuth(postgres, {}, database)))
    const kids = await Promise.all(replicas.map(async replica => kidOf(await token(replica))))
    expect(new Set(kids).size).toBe(1)
    expect(await onEach(database, 'select from signing_key')).toHaveLength(shards)
    await Promise.all(replicas.map(replica => replica.stop()))
  })

  test.each([1, 2])(
    'rotateKeys on %d shard(s): new tokens bear the new key, old ones verify until they have expired',
    async shards => {
      const auth = await serveAuth(postgres, atOnce, shards)
      const old = await token(auth)
      const { kid } = await rotateKeys(auth.database, auth.config)
      const fresh = await token(auth)
      expect(kidOf(fresh)).toBe(kid)
      expect(kidOf(old)).not.toBe(kid)
      await verify(auth, old)
      await verify(auth, fresh)
      await age(auth.database, 899)
      expect(await publishedKids(auth)).toContain(kidOf(old))
      await age(auth.database, 302)
      expect(await publishedKids(auth)).toEqual([kid])
      await auth.stop()
    },
  )

  test('the next key is published before it is used', async () => {
    const auth = await serveAuth(postgres, { keyPublishAheadSeconds: 1 })
    const before = kidOf(await token(auth))
    const { kid, activeFrom } = await rotateKeys(auth.database, auth.config)
    expect(activeFrom.getTime()).toBeGreaterThan(Date.now() + 500)
    // Half of the second is how long this process may not know.
    await new Promise(resolve => setTimeout(resolve, 550))
    expect(await publishedKids(auth)).toEqual([before, kid])
    expect(kidOf(await token(auth))).toBe(before)
    await new Promise(resolve => setTimeout(resolve, activeFrom.getTime() - Date.now() + 20))
    expect(kidOf(await token(auth))).toBe(kid)
    await auth.stop()
  })

  test('a key is replaced at its age, by one of all replicas, with its successor known ahead', async () => {
    const rules = { keyRotationDays: 1, keyPublishAheadSeconds: 3600 }
    const first = await serveAuth(postgres, rules)
    const old = await token(first)
    await age(first.database, 86_400 - 3500)
    const replicas = await Promise.all([1, 2, 3].map(() => serveAuth(postgres, rules, first.database)))
    for (const replica of replicas) {
      expect(await publishedKids(replica)).toHaveLength(2)
      expect(kidOf(await token(replica))).toBe(kidOf(old))
    }
    await age(first.database, 3600)
    const later = await serveAuth(postgres, rules, first.database)
    expect(kidOf(await token(later))).not.toBe(kidOf(old))
    await verify(later, old)
    await Promise.all([...replicas, later].map(replica => replica.stop()))
    await first.stop()
  })

  test('another secret cannot open the keys: it makes its own, and old tokens still verify', async () => {
    const auth = await serveAuth(postgres)
    const old = await token(auth)
    const keyring = await openKeyring(auth.database, keyCipher('quite another secret'), auth.config)
    expect((await keyring.signingKey()).kid).not.toBe(kidOf(old))
    await jwtVerify(old, createLocalJWKSet({ keys: [...(await keyring.jwks()).keys] }))
    await auth.stop()
  })

  test('go on to verify tokens while the database is away', async () => {
    const auth = await serveAuth(postgres, atOnce)
    const before = await publishedKids(auth)
    await auth.database.close()
    expect(await publishedKids(auth)).toEqual(before)
    expect(codeOf(await auth.signIn('x@nostromo.example'))).toBe('SHARD_UNAVAILABLE')
    await auth.stop()
  })

  test('without a secret there is no start', async () => {
    const database = await postgres.sharded(authModel)
    await expect(serveAuth(postgres, { secret: undefined }, database)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    })
  })
})

describe('keyCipher', () => {
  test('opens what it sealed, and nothing that was changed or moved', () => {
    const { seal, open } = keyCipher(secret)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.string(), fc.nat(), (plain, kid, at) => {
        const sealed = seal(kid, plain)
        expect(open(kid, sealed)).toEqual(Buffer.from(plain))
        expect(open(`${kid}x`, sealed)).toBeNull()
        expect(keyCipher(`${secret}x`).open(kid, sealed)).toBeNull()
        const spoiled = Buffer.from(sealed)
        const place = at % spoiled.length
        spoiled[place] = (spoiled[place] ?? 0) ^ 1
        expect(open(kid, spoiled)).toBeNull()
        expect(open(kid, sealed.subarray(0, place))).toBeNull()
      }),
    )
  })
})
