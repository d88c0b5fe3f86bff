import { GraphQLBoolean, GraphQLFloat, GraphQLID, GraphQLInt, GraphQLString } from 'graphql'
import type { IsVerbatim } from '../../fleet/fetch.ts'

// An operation that one fetch answers needs no parsing and no writing when what came is, letter by letter, what would be
// written. That is told by a regular expression, which is made of the same types and fields as the writers: it matches
// nothing that they would not write unchanged. What it does not match (other order, spaces, `\u0041`, a wrong value) goes
// the long way, and nobody sees a difference.

/** Regular expression for the JSON texts of a value that its writer writes unchanged. Undefined: there is none. */
export type Pattern = string | undefined

const plainText = String.raw`[^"\\\x00-\x1f]*`
/** JSON.stringify has these escapes; others, such as `\/`, would be written otherwise. */
const string = String.raw`"${plainText}(?:\\["\\bfnrt]${plainText})*"`
/** At most nine digits are less than 2^31. No -0: it is written as 0. */
const int = '(?:0|-?[1-9][0-9]{0,8})'
/** Up to 15 digits, and none that would be left out: such numbers are written as they were read. */
const float = String.raw`(?:0|-?[1-9][0-9]{0,14}|-?(?:0|[1-9][0-9]{0,8})\.[0-9]{0,5}[1-9])`
const boolean = '(?:true|false)'

const scalars = new Map<string, string>([
  [GraphQLString.name, string],
  [GraphQLID.name, string],
  [GraphQLInt.name, int],
  [GraphQLFloat.name, float],
  [GraphQLBoolean.name, boolean],
])

/** A scalar of the schema's own may be any JSON; of all that, what is no object and no list. */
export const scalarPattern = (name: string): Pattern =>
  scalars.get(name) ?? `(?:${string}|${float}|${boolean})`

/** Longer ones take too long to compile. */
const maxLength = 10_000

/** Names of GraphQL need no escaping. */
export const enumPattern = (names: readonly string[]): Pattern => `"(?:${names.join('|')})"`

const orNull = (pattern: string, isNonNull: boolean): string => (isNonNull ? pattern : `(?:null|${pattern})`)

/** A comma before each item but the first. The item stands there once: twice would double with each level of lists. */
export const listPattern = (item: Pattern, isNonNull: boolean): Pattern =>
  item === undefined ? undefined : String.raw`\[(?:(?:(?<=\[)|(?<!\[),)${orNull(item, isNonNull)})*\]`

const literally = (text: string): string => text.replaceAll(/[^\w":,]/g, String.raw`\$&`)

/** A field of an object. `pattern`: of a value that would be written as it came, and is called so by its subgraph too. */
export type MemberPattern = Readonly<{ lead: string; isNonNull: boolean; pattern: Pattern }>

export const objectPattern = (fields: readonly MemberPattern[], end: string): Pattern => {
  let whole = ''
  for (const { lead, isNonNull, pattern } of fields) {
    if (pattern === undefined) return undefined
    whole += literally(lead) + orNull(pattern, isNonNull)
    if (whole.length > maxLength) return undefined
  }
  return whole + literally(end)
}

/** Most answers that are not looked at after one that was not verbatim. */
const maxSkipped = 1000

/**
 * Tells whether a whole answer is verbatim. Answers of one subgraph are alike: after one that is not, some are not looked
 * at, ever more of them.
 */
export const verbatimTest = (data: Pattern): IsVerbatim | undefined => {
  if (data === undefined) return undefined
  let whole: RegExp | undefined
  let toSkip = 0
  let skipped = 0
  return text => {
    skipped += 1
    if (skipped <= toSkip) return false
    whole ??= new RegExp(String.raw`^\{"data":${data}\}[ \t\r\n]*$`)
    skipped = 0
    toSkip = matches(whole, text) ? 0 : Math.min(maxSkipped, toSkip * 2 + 1)
    return toSkip === 0
  }
}

/** V8 throws when it runs out of stack in a very long text. */
const matches = (whole: RegExp, text: string): boolean => {
  try {
    return whole.test(text)
  } catch {
    return false
  }
}
