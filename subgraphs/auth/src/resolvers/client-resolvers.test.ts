import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { encodeId, type Identity } from '@marquee/contract'
import { startTestPostgres, type TestPostgres } from '@marquee/data'
import { decodeJwt } from 'jose'
import { grantRole } from '../index.ts'
import {
  client,
  codeOf,
  dataOf,
  identityOf,
  serveAuth,
  type ClientData,
  type TestAuth,
} from '../testing/serve-auth.ts'

describe.each([1, 2])('on %d shard(s)', shards => {
  let postgres: TestPostgres
  let auth: TestAuth
  beforeAll(async () => {
    postgres = await startTestPostgres()
    auth = await serveAuth(postgres, {}, shards)
  }, 60_000)
  afterAll(async () => {
    await auth?.stop()
    await postgres?.stop()
  })

  let people = 0
  const person = async (role?: 'MODERATOR' | 'ADMIN') => {
    const email = `client-owner-${(people += 1)}@nostromo.example`
    const { user } = dataOf(await auth.signUp(email)).signUp
    if (role !== undefined) await grantRole(auth.database, email, role)
    return identityOf(user.id)
  }
  const made = async (identity: Identity, input: object = {}) =>
    dataOf(await auth.createClient({ name: 'Box office', ...input }, identity)).createClient

  describe('createClient', () => {
    test('shows a secret once and stores its hash', async () => {
      const owner = await person()
      const { client, secret } = await made(owner, { scopes: ['user', 'user'] })
      expect(client).toMatchObject({ name: 'Box office', tier: 'PARTNER', scopes: ['user'], revokedAt: null })
      expect(Buffer.from(secret.replace('mqs_', ''), 'base64url')).toHaveLength(32)
      const stored = await auth.rows(`select *, encode(secret_hash, 'escape') from api_client`)
      expect(JSON.stringify(stored)).not.toContain(secret.slice(4))
    })

    test('needs a signed-in user: neither nobody, nor a client, nor an account that is gone', async () => {
      const asClient: Identity = { subject: null, scopes: ['user'], client: 'ApiClient_x', tier: 'partner' }
      const gone = identityOf(encodeId('User', crypto.randomUUID()))
      for (const identity of [undefined, asClient, gone]) {
        expect(codeOf(await auth.createClient({ name: 'x' }, identity))).toBe('UNAUTHENTICATED')
      }
    })

    test('gives nobody more than they have: the roles in the database count, not the scopes in the token', async () => {
      const [member, moderator, admin] = [await person(), await person('MODERATOR'), await person('ADMIN')]
      const claimsToBeAdmin = { ...member, scopes: ['admin', 'moderate', 'user'] }
      const code = async (identity: Identity, input: object) =>
        codeOf(await auth.createClient({ name: 'x', ...input }, identity))
      expect(await code(claimsToBeAdmin, { tier: 'INTERNAL' })).toBe('FORBIDDEN')
      expect(await code(claimsToBeAdmin, { scopes: ['moderate'] })).toBe('FORBIDDEN')
      expect(await code(moderator, { tier: 'INTERNAL' })).toBe('FORBIDDEN')
      expect(await code(moderator, { scopes: ['moderate', 'user'] })).toBeUndefined()
      expect(await code(moderator, { scopes: ['admin'] })).toBe('FORBIDDEN')
      expect(await code(admin, { tier: 'INTERNAL', scopes: ['admin', 'anything:else'] })).toBeUndefined()
    })

    test.each([
      ['an empty name', { name: ' ' }, 'input.name'],
      ['a scope that is none', { scopes: ['user moderate'] }, 'input.scopes.0'],
      ['too many scopes', { scopes: Array.from({ length: 21 }, (_, index) => `s${index}`) }, 'input.scopes'],
    ])('refuses %s', async (_what, input, field) => {
      const answer = await auth.createClient({ name: 'x', ...input }, await person('ADMIN'))
      expect(codeOf(answer)).toBe('BAD_USER_INPUT')
      expect(answer.errors?.[0]?.message).toContain(field)
    })
  })

  describe('signInClient', () => {
    test('gives a token that names the client, its tier and its scopes, and no person', async () => {
      const { client, secret } = await made(await person('ADMIN'), { tier: 'INTERNAL', scopes: ['moderate'] })
      const session = dataOf(await auth.signInClient(client.id, secret)).signInClient
      expect(session.client).toEqual(client)
      const claims = decodeJwt(session.accessToken)
      expect(claims).toMatchObject({ client: client.id, tier: 'internal', scope: 'moderate' })
      expect(claims).not.toHaveProperty('sub')
      expect(Date.parse(session.accessTokenExpiresAt)).toBe((claims.exp ?? 0) * 1000)
    })

    test('refuses a wrong secret, an unknown client, a revoked one, and an id of another type', async () => {
      const owner = await person()
      const { client, secret } = await made(owner)
      const code = async (id: string, secret: string) => codeOf(await auth.signInClient(id, secret))
      expect(await code(client.id, `${secret}x`)).toBe('CLIENT_SIGN_IN_FAILED')
      expect(await code(client.id, '')).toBe('CLIENT_SIGN_IN_FAILED')
      expect(await code(encodeId('ApiClient', crypto.randomUUID()), secret)).toBe('CLIENT_SIGN_IN_FAILED')
      expect(await code(owner.subject ?? '', secret)).toBe('INVALID_ID')
      expect(await code(client.id, secret)).toBeUndefined()
      await auth.ask('mutation ($id: ID!) { revokeClient(id: $id) { id } }', { id: client.id }, owner)
      expect(await code(client.id, secret)).toBe('CLIENT_SIGN_IN_FAILED')
    })

    test('a client loses what its owner has lost', async () => {
      const owner = await person('MODERATOR')
      const { client, secret } = await made(owner, { scopes: ['moderate', 'user'] })
      const scope = async () =>
        decodeJwt(dataOf(await auth.signInClient(client.id, secret)).signInClient.accessToken)['scope']
      expect(await scope()).toBe('moderate user')
      await auth.rows(`update account set roles = '{MEMBER}'`)
      expect(await scope()).toBe('user')
    })
  })

  describe('revokeClient', () => {
    const revoke = (id: string, identity?: Identity) =>
      auth.ask<{ revokeClient: ClientData }>(
        `mutation ($id: ID!) { revokeClient(id: $id) ${client} }`,
        { id },
        identity,
      )

    test('is for the owner and administrators', async () => {
      const [owner, stranger, admin] = [await person(), await person(), await person('ADMIN')]
      const [first, second] = [await made(owner), await made(owner)]
      expect(codeOf(await revoke(first.client.id))).toBe('UNAUTHENTICATED')
      expect(codeOf(await revoke(first.client.id, stranger))).toBe('FORBIDDEN')
      const revoked = dataOf(await revoke(first.client.id, owner)).revokeClient
      expect(Math.abs(Date.parse(revoked.revokedAt ?? '') - Date.now())).toBeLessThan(60_000)
      expect(dataOf(await revoke(first.client.id, owner)).revokeClient).toEqual(revoked)
      expect(dataOf(await revoke(second.client.id, admin)).revokeClient.revokedAt).not.toBeNull()
      expect(codeOf(await revoke(encodeId('ApiClient', crypto.randomUUID()), admin))).toBe('NOT_FOUND')
    })
  })

  describe('apiClients', () => {
    type Page = Readonly<{
      apiClients: {
        nodes: readonly { name: string }[]
        edges: readonly { cursor: string }[]
        pageInfo: { hasNextPage: boolean; endCursor: string | null }
      }
    }>
    const page = (variables: object, identity?: Identity) =>
      auth.ask<Page>(
        `query ($first: Int! = 20, $after: String) { apiClients(first: $first, after: $after) {
        nodes { name } edges { cursor node { id } } pageInfo { hasNextPage endCursor }
      } }`,
        { ...variables },
        identity,
      )

    test('pages through the viewer’s own, newest first', async () => {
      const [owner, other] = [await person(), await person()]
      await made(other, { name: 'not mine' })
      for (const name of ['a', 'b', 'c', 'd', 'e']) await made(owner, { name })
      const names: string[] = []
      let after: string | null = null
      let pages = 0
      do {
        const answer: Page['apiClients'] = dataOf(await page({ first: 2, after }, owner)).apiClients
        names.push(...answer.nodes.map(node => node.name))
        after = answer.pageInfo.hasNextPage ? answer.pageInfo.endCursor : null
        pages += 1
      } while (after !== null)
      expect(names).toEqual(['e', 'd', 'c', 'b', 'a'])
      expect(pages).toBe(3)
    })

    test('several pages in one request are one statement', async () => {
      const owner = await person()
      for (const name of ['a', 'b']) await made(owner, { name })
      const seen: string[] = []
      auth.database.onStatement(({ sql }) => void seen.push(sql))
      const answer = await auth.ask<Record<string, { nodes: readonly { name: string }[] }>>(
        '{ one: apiClients(first: 1) { nodes { name } } all: apiClients { nodes { name } } }',
        {},
        owner,
      )
      expect(answer.data).toEqual({
        one: { nodes: [{ name: 'b' }] },
        all: { nodes: [{ name: 'b' }, { name: 'a' }] },
      })
      expect(seen.filter(sql => sql.includes('api_client'))).toHaveLength(1)
    })

    test('refuses a strange cursor, a page out of range, and nobody', async () => {
      const owner = await person()
      expect(codeOf(await page({ after: 'nonsense' }, owner))).toBe('INVALID_CURSOR')
      expect(codeOf(await page({ first: 101 }, owner))).toBe('PAGE_SIZE_OUT_OF_RANGE')
      expect(codeOf(await page({}))).toBe('UNAUTHENTICATED')
    })
  })
})
