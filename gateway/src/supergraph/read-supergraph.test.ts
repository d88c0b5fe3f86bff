import { beforeAll, describe, expect, test } from '@jest/globals'
import { richSupergraph } from '../testing/rich-federation.ts'
import { compose } from '../testing/tiny-federation.ts'
import { readSupergraph } from './read-supergraph.ts'

let sdl: string
beforeAll(() => {
  sdl = richSupergraph()
})

const reasonOf = (text: string): string => {
  try {
    readSupergraph(text)
  } catch (error) {
    expect(error).toMatchObject({ name: 'MarqueeError', code: 'SUPERGRAPH_INVALID' })
    return (error as { details: { reason: string } }).details.reason
  }
  return 'accepted'
}

describe('what is read of a supergraph', () => {
  test('its subgraphs, by the names that they were composed under', () => {
    expect([...readSupergraph(sdl).subgraphs]).toEqual([
      ['old', { url: 'http://old.test/' }],
      ['stock', { url: 'http://stock.test/' }],
      ['the-shop', { url: 'http://the-shop.test/' }],
    ])
  })

  test.each([
    ['Product', 'Product', true],
    ['Product', 'Named', true],
    ['Product', 'Deep', true],
    ['Product', 'Thing', true],
    ['Secret', 'Thing', true],
    ['Secret', 'Unseen', true],
    ['Deep', 'Named', true],
    ['Media', 'Media', true],
    ['Film', 'Media', true],
    ['Named', 'Product', false],
    ['Film', 'Named', false],
    ['Nothing', 'Media', false],
  ])('that %s is a %s: %s', (type, condition, is) => {
    expect(readSupergraph(sdl).isSubtype(type, condition)).toBe(is)
  })

  test('interfaces of interfaces, in whatever order they stand', () => {
    const text = sdl.replace('type Product implements Named & Deep', 'type Product implements Deep')
    expect(readSupergraph(text).isSubtype('Product', 'Named')).toBe(true)
  })

  test('its object types, inaccessible ones too', () => {
    const { objectTypes } = readSupergraph(sdl)
    expect(objectTypes).toContain('Secret')
    expect(objectTypes).toContain('Film')
    expect(objectTypes).not.toContain('Media')
    expect(objectTypes).not.toContain('Thing')
  })

  test('the names that the planner may select: keys, requirements, provisions, contexts, at any depth', () => {
    const { plannerNames, requiredWithArguments } = readSupergraph(sdl)
    expect([...plannerNames].toSorted()).toEqual(
      ['__typename', 'code', 'id', 'label', 'price', 'size', 'sku', 'weight', 'width'].toSorted(),
    )
    expect([...requiredWithArguments]).toEqual(['price'])
  })

  test('labels, and what may be cached for all', () => {
    const { overrideLabels, publicCoordinates, privateCoordinates } = readSupergraph(sdl)
    expect(overrideLabels).toEqual(['percent(50)'])
    expect([...publicCoordinates]).toEqual(['Product'])
    expect([...privateCoordinates]).toEqual(['Product.name'])
  })
})

const guarded = (use: string): string =>
  compose({
    a: {
      url: 'http://a.test',
      sdl: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9",
          import: [{ name: "@authenticated", as: "@signedIn" }, "@requiresScopes", "@policy"])
        type Query { a: A, b: Int } type A { c: Int } ${use}`,
    },
  })

describe('what is refused', () => {
  test.each([
    ['authenticated', 'extend type A @signedIn', /^A has @\w+, which Marquee does not enforce yet/],
    ['authenticated', 'extend type A { e: Int @signedIn }', /^A\.e has @\w+, .*served unguarded/],
    [
      'requiresScopes',
      'scalar S @requiresScopes(scopes: [["x"]]) extend type A { s: S }',
      /^S has @requiresScopes/,
    ],
    ['policy', 'type I { p: Int @policy(policies: [["x"]]) }', /^I\.p has @policy.*check the caller/],
  ])('@%s in use: %s', (_feature, use, reason) => {
    expect(reasonOf(guarded(use))).toMatch(reason)
    expect(reasonOf(guarded(''))).toBe('accepted')
  })

  test('guards that are linked but not used are not', () => {
    const linked = sdl.replace(
      '@link(url: "https://specs.apollo.dev/join/',
      '@link(url: "https://specs.apollo.dev/policy/v0.1", for: SECURITY) @link(url: "https://specs.apollo.dev/join/',
    )
    expect(linked).not.toBe(sdl)
    expect(reasonOf(linked)).toBe('accepted')
  })

  test.each([
    ['https://specs.apollo.dev/connect/v0.1', 'EXECUTION'],
    ['https://specs.apollo.dev/tag/v9.9', 'SECURITY'],
    ['https://example.com/secrecy/v1.0', 'SECURITY'],
  ])('a feature that is not known: %s for %s', (url, purpose) => {
    const text = sdl.replace(
      '@link(url: "https://specs.apollo.dev/tag/v0.3"',
      `@link(url: "${url}", for: ${purpose}`,
    )
    expect(text).not.toBe(sdl)
    expect(reasonOf(text)).toContain(
      `it links ${url} for ${purpose}, which Marquee does not know. It knows: core v0.1`,
    )
    expect(reasonOf(text.replace(`"${url}", for: ${purpose}`, `"${url}"`))).toBe('accepted')
  })

  test.each([
    ['type Query { a: Int }', /no enum join__Graph/],
    ['', /Syntax Error: Unexpected <EOF>. \(line 1, column 1\)/],
    ['type Query {\n  a: Int\n  b: }', /Syntax Error: .* \(line 3, column 6\)/],
  ])('what is no supergraph: %j', (text, reason) => {
    expect(reasonOf(text)).toMatch(reason)
  })

  test('names of types that are not there, or that clients must not see', () => {
    expect(reasonOf(sdl.replace('width: Int', 'width: Inch'))).toBe(
      'it refers to a type "Inch" that it does not have',
    )
    expect(reasonOf(sdl.replace('secret: Secret @inaccessible', 'secret: Secret'))).toMatch(
      /clients may see refers to the type "Secret", which they may not/,
    )
    expect(reasonOf(sdl.replace(/type Query\n/, 'type Query @inaccessible\n'))).toMatch(
      /type "Query"|no type for queries/,
    )
  })

  test('a field set that is none', () => {
    expect(reasonOf(sdl.replace('requires: "weight"', 'requires: "weight {"'))).toMatch(
      /"weight {" is no field set/,
    )
  })
})
