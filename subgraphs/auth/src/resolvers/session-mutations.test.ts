import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { decodeId, encodeId } from '@marquee/contract'
import { startTestPostgres, type TestPostgres } from '@marquee/data'
import fc from 'fast-check'
import { grantRole } from '../index.ts'
import { sweepSessions } from '../sessions/session-sweeper.ts'
import { hashSecret } from '../tokens/opaque-secret.ts'
import { codeOf, dataOf, identityOf, password, serveAuth, type TestAuth } from '../testing/serve-auth.ts'

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

  const rows = <Row extends object>(sql: string, params: readonly unknown[] = []): Promise<Row[]> =>
    auth.rows<Row>(sql, params)

  let people = 0
  const newEmail = (): string => `person-${(people += 1)}@nostromo.example`
  const signedUp = async (email: string = newEmail()) => dataOf(await auth.signUp(email)).signUp

  describe('signUp', () => {
    test('makes an account, signs it in, and shows its owner what is theirs', async () => {
      const email = newEmail()
      const session = await signedUp(`  ${email.toUpperCase()} `)
      expect(session.user).toMatchObject({
        email,
        roles: ['MEMBER'],
        id: expect.stringMatching(/^User_.{22}$/),
      })
      expect(Math.abs(Date.parse(session.user.memberSince) - Date.now())).toBeLessThan(60_000)
      expect(Date.parse(session.refreshTokenExpiresAt) - Date.now()).toBeGreaterThan(29.9 * 86_400_000)
      expect(Buffer.from(session.refreshToken.replace('mqr_', ''), 'base64url')).toHaveLength(16 + 32)
    })

    test('stores neither the password nor the refresh token', async () => {
      const email = newEmail()
      const { refreshToken } = await signedUp(email)
      const [account] = await rows<{ password_hash: string }>('select * from account where email = $1', [
        email,
      ])
      expect(account?.password_hash).toMatch(/^\$argon2id\$v=19\$m=64,t=1,p=1\$/)
      const [token] = await rows<{ hash: Buffer }>('select hash from refresh_token where hash = $1', [
        hashSecret(refreshToken),
      ])
      expect(token?.hash).toHaveLength(32)
      const everything = JSON.stringify([
        await rows('select * from account'),
        await rows(`select encode(hash, 'escape') from refresh_token`),
      ])
      expect(everything).not.toContain(password)
      expect(everything).not.toContain(refreshToken.slice(4))
    })

    test.each([
      ['email', { email: 'not an address' }, 'input.email'],
      ['email without a domain', { email: 'ripley@' }, 'input.email'],
      ['a long email', { email: `${'a'.repeat(250)}@nostromo.example` }, 'input.email'],
      ['a short password', { password: 'only nine' }, 'input.password'],
      ['a long password', { password: 'x'.repeat(201) }, 'input.password'],
      ['an empty name', { name: '  ' }, 'input.name'],
      ['a long name', { name: 'n'.repeat(81) }, 'input.name'],
      ['a name with control characters', { name: 'Ell\u0000en' }, 'input.name'],
    ])('refuses %s and names the field', async (_what, input, field) => {
      const answer = await auth.signUp(newEmail(), input)
      expect(codeOf(answer)).toBe('BAD_USER_INPUT')
      expect(answer.errors?.[0]?.message).toContain(field)
      expect(answer.errors?.[0]?.message).not.toContain('x'.repeat(201))
    })

    test('names every field that is wrong at once', async () => {
      const answer = await auth.signUp('x', { password: 'y', name: '' })
      expect(answer.errors?.[0]?.message).toMatch(/input\.email: .*; input\.password: .*; input\.name: /)
    })

    test('an address is taken whatever its case, also when two take it at once', async () => {
      const email = newEmail()
      const both = await Promise.all([auth.signUp(email), auth.signUp(email.toUpperCase())])
      expect(new Set(both.map(codeOf))).toEqual(new Set(['EMAIL_TAKEN', undefined]))
      expect(codeOf(await auth.signUp(email))).toBe('EMAIL_TAKEN')
    })
  })

  describe('signIn', () => {
    test('takes the password and nothing else', async () => {
      const email = newEmail()
      const { user } = await signedUp(email)
      expect(dataOf(await auth.signIn(email.toUpperCase())).signIn.user).toEqual(user)
      for (const wrong of ['', 'wrong wrong wrong', `${password} `, 'x'.repeat(100_000)]) {
        expect(codeOf(await auth.signIn(email, wrong))).toBe('SIGN_IN_FAILED')
      }
      expect(codeOf(await auth.signIn(newEmail()))).toBe('SIGN_IN_FAILED')
    })

    test('a password typed as other code points is the same password', async () => {
      const email = newEmail()
      await auth.signUp(email, { password: 'caf\u00e9 caf\u00e9 caf\u00e9' })
      expect(codeOf(await auth.signIn(email, 'cafe\u0301 cafe\u0301 cafe\u0301'))).toBeUndefined()
    })

    test('renews a password hash that was made with other parameters', async () => {
      const other = await serveAuth(postgres, { argon2: { memoryKib: 128, passes: 1 } }, auth.database)
      const email = newEmail()
      await signedUp(email)
      dataOf(await other.signIn(email))
      await other.stop()
      const [account] = await rows<{ password_hash: string }>('select * from account where email = $1', [
        email,
      ])
      expect(account?.password_hash).toContain('m=128,t=1,p=1')
      expect(codeOf(await auth.signIn(email))).toBeUndefined()
    })
  })

  describe('refresh', () => {
    test('gives a new pair, and the next works too', async () => {
      const first = await signedUp()
      const second = dataOf(await auth.refresh(first.refreshToken)).refresh
      const third = dataOf(await auth.refresh(second.refreshToken)).refresh
      expect(new Set([first, second, third].map(session => session.refreshToken)).size).toBe(3)
      expect(third.user).toEqual(first.user)
    })

    test('a second use revokes the whole sign-in, and no other', async () => {
      const email = newEmail()
      const first = await signedUp(email)
      const elsewhere = dataOf(await auth.signIn(email)).signIn
      const second = dataOf(await auth.refresh(first.refreshToken)).refresh
      expect(codeOf(await auth.refresh(first.refreshToken))).toBe('REFRESH_TOKEN_REUSED')
      expect(codeOf(await auth.refresh(second.refreshToken))).toBe('REFRESH_TOKEN_INVALID')
      expect(codeOf(await auth.refresh(elsewhere.refreshToken))).toBeUndefined()
    })

    test('of many simultaneous uses exactly one wins, and the sign-in is revoked', async () => {
      for (let round = 0; round < 5; round += 1) {
        const { refreshToken } = await signedUp()
        const answers = await Promise.all(Array.from({ length: 8 }, () => auth.refresh(refreshToken)))
        const won = answers.filter(answer => codeOf(answer) === undefined)
        expect(won).toHaveLength(1)
        expect(new Set(answers.map(codeOf))).toEqual(new Set([undefined, 'REFRESH_TOKEN_REUSED']))
        const next = won.map(answer => dataOf(answer).refresh.refreshToken)
        expect(codeOf(await auth.refresh(next[0] ?? ''))).toBe('REFRESH_TOKEN_INVALID')
      }
    })

    test('a token that has expired is invalid', async () => {
      const { refreshToken } = await signedUp()
      await rows(`update refresh_token set expires_at = now() - interval '1 second' where hash = $1`, [
        hashSecret(refreshToken),
      ])
      expect(codeOf(await auth.refresh(refreshToken))).toBe('REFRESH_TOKEN_INVALID')
    })

    test('any garbage is invalid, and touches nothing', async () => {
      const { refreshToken } = await signedUp()
      const live = () => rows('select * from session where revoked_at is null order by id')
      const before = await live()
      const garbage = fc.oneof(
        fc.string({ unit: 'binary', maxLength: 300 }),
        fc.base64String().map(text => `mqr_${text}`),
        fc.nat({ max: refreshToken.length - 1 }).map(cut => refreshToken.slice(0, cut)),
        fc.constant(`${refreshToken}=`),
      )
      await fc.assert(
        fc.asyncProperty(garbage, async token => {
          expect(codeOf(await auth.refresh(token))).toBe('REFRESH_TOKEN_INVALID')
        }),
        { numRuns: 100 },
      )
      expect(await live()).toEqual(before)
      expect(codeOf(await auth.refresh(refreshToken))).toBeUndefined()
    })

    test('shows a role that was granted since', async () => {
      const email = newEmail()
      const { refreshToken } = await signedUp(email)
      expect(await grantRole(auth.database, ` ${email.toUpperCase()}`, 'MODERATOR')).toEqual([
        'MEMBER',
        'MODERATOR',
      ])
      expect(await grantRole(auth.database, email, 'MODERATOR')).toEqual(['MEMBER', 'MODERATOR'])
      expect(dataOf(await auth.refresh(refreshToken)).refresh.user.roles).toEqual(['MEMBER', 'MODERATOR'])
      await expect(grantRole(auth.database, newEmail(), 'ADMIN')).rejects.toMatchObject({
        code: 'NOT_FOUND',
      })
    })

    test('what has expired is swept away, what is live stays', async () => {
      const [old, live] = [await signedUp(), await signedUp()]
      await rows(
        `with t as (update refresh_token set expires_at = now() - interval '1 s' where hash = $1 returning session_id)
       update session set expires_at = now() - interval '1 s' where id in (select session_id from t)`,
        [hashSecret(old.refreshToken)],
      )
      for (const { user } of [old, live]) {
        await sweepSessions(auth.database, decodeId('User', user.id))
      }
      const left = (token: string) =>
        rows('select from refresh_token join session on session.id = session_id where hash = $1', [
          hashSecret(token),
        ])
      expect(await left(old.refreshToken)).toHaveLength(0)
      expect(await left(live.refreshToken)).toHaveLength(1)
    })
  })

  describe('signOut', () => {
    test('ends one sign-in, once', async () => {
      const email = newEmail()
      const { refreshToken } = await signedUp(email)
      const elsewhere = dataOf(await auth.signIn(email)).signIn
      expect(dataOf(await auth.signOut({ token: refreshToken })).signOut).toBe(true)
      expect(dataOf(await auth.signOut({ token: refreshToken })).signOut).toBe(false)
      expect(dataOf(await auth.signOut({ token: 'unknown' })).signOut).toBe(false)
      expect(codeOf(await auth.refresh(refreshToken))).toBe('REFRESH_TOKEN_INVALID')
      expect(codeOf(await auth.refresh(elsewhere.refreshToken))).toBeUndefined()
    })

    test('everywhere ends all sign-ins of the viewer, and nobody else’s', async () => {
      const email = newEmail()
      const first = await signedUp(email)
      const second = dataOf(await auth.signIn(email)).signIn
      const other = await signedUp()
      const identity = identityOf(first.user.id)
      expect(dataOf(await auth.signOut({ everywhere: true }, identity)).signOut).toBe(true)
      expect(dataOf(await auth.signOut({ everywhere: true }, identity)).signOut).toBe(false)
      for (const { refreshToken } of [first, second]) {
        expect(codeOf(await auth.refresh(refreshToken))).toBe('REFRESH_TOKEN_INVALID')
      }
      expect(codeOf(await auth.refresh(other.refreshToken))).toBeUndefined()
    })

    test('needs to know what to end', async () => {
      expect(codeOf(await auth.signOut({}))).toBe('BAD_USER_INPUT')
      expect(codeOf(await auth.signOut({ everywhere: true }))).toBe('UNAUTHENTICATED')
    })
  })

  describe('User', () => {
    const fields = 'id email roles memberSince accountName'
    type Entity = Readonly<Record<'id' | 'email' | 'roles' | 'accountName', unknown>> | null
    const entities = (ids: readonly string[], identity?: Parameters<TestAuth['ask']>[2]) =>
      auth.ask<{ _entities: readonly Entity[] }>(
        `query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on User { ${fields} } } }`,
        { representations: ids.map(id => ({ __typename: 'User', id })) },
        identity,
      )

    test('the viewer is who is signed in, and nobody else', async () => {
      const { user } = await signedUp()
      const viewer = async (identity?: Parameters<TestAuth['ask']>[2]) =>
        dataOf(await auth.ask<{ viewer: Entity }>(`{ viewer { ${fields} } }`, {}, identity)).viewer
      expect(await viewer(identityOf(user.id))).toMatchObject({
        id: user.id,
        email: user.email,
        roles: ['MEMBER'],
      })
      expect(await viewer()).toBeNull()
      expect(await viewer({ subject: null, scopes: [], client: 'ApiClient_x', tier: 'partner' })).toBeNull()
      expect(await viewer(identityOf(encodeId('User', crypto.randomUUID())))).toBeNull()
    })

    test('entities: one statement a shard for all, null for who does not exist, an error for what is no id', async () => {
      const [a, b] = [await signedUp(), await signedUp()]
      const missing = encodeId('User', crypto.randomUUID())
      const seen: string[] = []
      auth.database.onStatement(({ sql }) => void seen.push(sql))
      const answer = await entities([a.user.id, missing, 'Movie_x', b.user.id], identityOf(a.user.id))
      expect(seen.length).toBeLessThanOrEqual(shards)
      expect(answer.data?._entities).toMatchObject([
        { id: a.user.id, email: a.user.email, roles: ['MEMBER'], accountName: 'Ellen Ripley' },
        null,
        null,
        { id: b.user.id, email: null, roles: null, accountName: 'Ellen Ripley' },
      ])
      expect(answer.errors?.map(error => [error.path?.[1], error.extensions.code])).toEqual([
        [2, 'INVALID_ID'],
      ])
    })
  })
})
