import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Lexer, Source, TokenKind } from 'graphql'
import { isBracketedDeeperThan } from './bracket-depth.ts'

const opening = new Set<string>([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L])
const closing = new Set<string>([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R])

/** The depth as the lexer of graphql-js sees it; undefined where it finds no tokens. */
const depthByLexer = (text: string): number | undefined => {
  const lexer = new Lexer(new Source(text))
  let depth = 0
  let deepest = 0
  try {
    for (let token = lexer.advance(); token.kind !== TokenKind.EOF; token = lexer.advance()) {
      if (opening.has(token.kind)) deepest = Math.max(deepest, (depth += 1))
      if (closing.has(token.kind)) depth -= 1
    }
  } catch {
    return undefined
  }
  return deepest
}

const words = String.raw`{ } ( ) [ ] " "" """ \" \""" # a "{" \x \\`
const piece = fc.constantFrom(' ', '\n', '\r', ...words.split(' '))

describe('isBracketedDeeperThan', () => {
  test('agrees with the lexer wherever that finds tokens', () => {
    let compared = 0
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), fc.integer({ min: 0, max: 5 }), (pieces, max) => {
        const text = pieces.join('')
        const depth = depthByLexer(text)
        if (depth === undefined) return
        compared += 1
        expect(isBracketedDeeperThan(text, max)).toBe(depth > max)
      }),
      { numRuns: 3000 },
    )
    expect(compared).toBeGreaterThan(300)
  })

  test('takes linear time for quotes that never end', () => {
    const started = performance.now()
    isBracketedDeeperThan('"""\\'.repeat(250_000), 5)
    isBracketedDeeperThan('"\n'.repeat(500_000), 5)
    expect(performance.now() - started).toBeLessThan(200)
  })
})
