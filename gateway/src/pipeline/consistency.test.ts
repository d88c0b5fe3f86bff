import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { encodeConsistencyToken, headers } from '@marquee/contract'
import fc from 'fast-check'
import { ask } from '../testing/ask.ts'
import { startTestGateway } from '../testing/test-gateway.ts'
import { startTinyFederation, type TinyFederation } from '../testing/tiny-federation.ts'
import { consistencyTokens } from './consistency.ts'

const seen = { films: { timeline: 1, lsn: '0/16B3740' } }
const ours = consistencyTokens('a secret')
const { [headers.consistency]: token = '', 'set-cookie': cookie = '' } = ours.headersFor(seen)
const [pair = ''] = cookie.split(';')

describe('what a client has seen', () => {
  test('comes back by header or by cookie, from any gateway with the secret', () => {
    const other = consistencyTokens('a secret')
    expect(other.seenBy({ [headers.consistency]: token })).toEqual(seen)
    expect(other.seenBy({ cookie: `a=b; ${pair}; c=d` })).toEqual(seen)
    expect(cookie).toMatch(/; HttpOnly; SameSite=Lax$/)
    expect(ours.seenBy({})).toEqual({})
  })

  test('of header and cookie the later of each database counts', () => {
    const later = { films: { timeline: 1, lsn: '1/0' }, users: { timeline: 2, lsn: '0/1' } }
    const { [headers.consistency]: header = '' } = ours.headersFor(later)
    expect(ours.seenBy({ [headers.consistency]: header, cookie: pair })).toEqual(later)
    const { 'set-cookie': set = '' } = ours.headersFor(later)
    const [laterPair = ''] = set.split(';')
    expect(ours.seenBy({ [headers.consistency]: token, cookie: laterPair })).toEqual(later)
  })

  test('cannot be claimed: any other header is refused, any other cookie is none', () =>
    fc.assert(
      fc.property(
        fc.nat(token.length - 1),
        fc.constantFrom('a', 'Z', '9', '_', '-', '.'),
        (at, character) => {
          const forged = token.slice(0, at) + character + token.slice(at + 1)
          fc.pre(forged !== token)
          expect(() => ours.seenBy({ [headers.consistency]: forged })).toThrow(
            expect.objectContaining({ code: 'CONSISTENCY_TOKEN_INVALID' }),
          )
          expect(ours.seenBy({ cookie: `marquee-consistency=${forged}` })).toEqual({})
        },
      ),
    ))

  test.each([
    ['unsigned', consistencyTokens(undefined).headersFor(seen)[headers.consistency] ?? ''],
    ['of another secret', consistencyTokens('other').headersFor(seen)[headers.consistency] ?? ''],
    ['too long', `v1.${'A'.repeat(5000)}.A`],
    ['nonsense', 'nonsense'],
  ])('is refused when it is %s', (_what, header) => {
    expect(() => ours.seenBy({ [headers.consistency]: header })).toThrow('consistency')
  })

  test('is believed without a secret, as all else is then', () => {
    const open = consistencyTokens(undefined)
    const { [headers.consistency]: header = '' } = open.headersFor(seen)
    expect(open.seenBy({ [headers.consistency]: header })).toEqual(seen)
  })
})

describe('over HTTP', () => {
  let federation: TinyFederation
  let gateway: Awaited<ReturnType<typeof startTestGateway>>
  const films = (lsn: string) => ({ films: { timeline: 1, lsn } })
  const name = headers.consistency
  beforeAll(async () => {
    federation = await startTinyFederation()
    gateway = await startTestGateway(federation.supergraphFile, { secret: 'a secret' })
    federation.books.answerHeaders.set(name, encodeConsistencyToken(films('0/9F')))
    federation.prices.answerHeaders.set(name, encodeConsistencyToken(films('0/20')))
  })
  afterAll(async () => {
    await gateway.drain()
    await federation.stop()
  })

  test('a token travels to subgraphs, and comes back advanced; what is not new does not', async () => {
    const people = { people: { timeline: 2, lsn: '0/1' } }
    const given = ours.headersFor({ ...films('0/10'), ...people })[name] ?? ''
    const answer = await ask(gateway.url, { query: '{ books { price } }' }, { [name]: given })
    const cookieGiven = answer.headers.get('set-cookie')?.split(';')[0] ?? ''
    const again = await ask(gateway.url, { query: '{ books { title } }' }, { cookie: cookieGiven })
    const untouched = await ask(gateway.url, { query: '{ __typename }' })
    const advanced = { ...films('0/9F'), ...people }
    const [first, second] = federation.books.received.slice(-2)
    expect(first?.[name]).toBe(encodeConsistencyToken({ ...films('0/10'), ...people }))
    // The second fetch of the same request already knows what the first one saw.
    expect(federation.prices.received.at(-1)?.[name]).toBe(encodeConsistencyToken(advanced))
    expect(answer.headers.get(name)).toBe(ours.headersFor(advanced)[name])
    expect(second?.[name]).toBe(encodeConsistencyToken(advanced))
    expect([again, untouched].map(({ headers: got }) => [got.get(name), got.get('set-cookie')])).toEqual([
      [null, null],
      [null, null],
    ])
  })

  test('one that was tampered with is an error, and no subgraph is asked', async () => {
    const before = federation.books.received.length
    const { status, body } = await ask(gateway.url, { query: '{ books { title } }' }, { [name]: `${token}x` })
    expect(status).toBe(400)
    expect(body.errors?.[0]?.extensions).toMatchObject({ code: 'CONSISTENCY_TOKEN_INVALID' })
    expect(federation.books.received).toHaveLength(before)
  })
})
