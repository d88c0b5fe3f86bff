import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { anonymous, headers, signIdentity, tiers, verifyIdentity, type Identity } from './index.ts'

const now = Date.parse('2026-11-24T12:00:00Z')
const viewer: Identity = { subject: 'User_x', scopes: ['user'], client: null, tier: 'user' }

describe('what the gateway signs, the subgraph believes', () => {
  test('every identity arrives as it was', () =>
    fc.assert(
      fc.property(
        fc.record({
          subject: fc.option(fc.string({ minLength: 1 })),
          scopes: fc.array(fc.string()),
          client: fc.option(fc.string({ minLength: 1 })),
          tier: fc.constantFrom(...tiers),
        }),
        identity => {
          expect(
            verifyIdentity('s3cret', 'movies', signIdentity('s3cret', 'movies', identity, now), now),
          ).toEqual(identity)
        },
      ),
    ))

  test.each([
    [
      'another secret',
      () => verifyIdentity('other', 'movies', signIdentity('s3cret', 'movies', viewer, now), now),
    ],
    [
      'another subgraph',
      () => verifyIdentity('s3cret', 'users', signIdentity('s3cret', 'movies', viewer, now), now),
    ],
    [
      '61 seconds later',
      () => verifyIdentity('s3cret', 'movies', signIdentity('s3cret', 'movies', viewer, now), now + 61_000),
    ],
    ['no headers', () => verifyIdentity('s3cret', 'movies', {}, now)],
    [
      'a swapped identity',
      () =>
        verifyIdentity(
          's3cret',
          'movies',
          {
            ...signIdentity('s3cret', 'movies', anonymous, now),
            [headers.identity]: Buffer.from(JSON.stringify(viewer)).toString('base64url'),
          },
          now,
        ),
    ],
  ])('refuses %s', (_case, verify) => {
    expect(verify).toThrow(expect.objectContaining({ code: 'CALLER_NOT_GATEWAY', status: 401 }))
  })

  test('any text in the signature header is refused, never a crash', () =>
    fc.assert(
      fc.property(fc.string(), fc.string(), (identity, signature) => {
        expect(() =>
          verifyIdentity(
            's3cret',
            'movies',
            { [headers.identity]: identity, [headers.signature]: signature },
            now,
          ),
        ).toThrow(expect.objectContaining({ code: 'CALLER_NOT_GATEWAY' }))
      }),
    ))
})
