import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql'

const bad = (wanted: string, value: unknown): GraphQLError =>
  new GraphQLError(`${wanted}, not ${JSON.stringify(value)?.slice(0, 80) ?? String(value)}`, {
    extensions: { code: 'BAD_USER_INPUT' },
  })

const literalOf = (node: ValueNode): unknown => {
  if (node.kind === Kind.STRING) return node.value
  if (node.kind === Kind.INT) return Number(node.value)
  return undefined
}

/** What a resolver gave is our fault when it does not fit, not the caller's. */
const ourFault =
  <Out>(serialize: (value: unknown) => Out) =>
  (value: unknown): Out => {
    try {
      return serialize(value)
    } catch (error) {
      throw new TypeError((error as Error).message, { cause: error })
    }
  }

const scalar = <In, Out>(
  name: string,
  parse: (value: unknown) => In,
  serialize: (value: unknown) => Out,
): GraphQLScalarType<In, Out> =>
  new GraphQLScalarType({
    name,
    serialize: ourFault(serialize),
    parseValue: parse,
    parseLiteral: node => parse(literalOf(node)),
  })

const dayPattern = /^\d{4}-\d{2}-\d{2}$/
const momentPattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/

/** JavaScript rolls `2026-02-30` over to March: a day counts only when it comes back as it went in. */
const isDay = (text: string): boolean => {
  const at = new Date(`${text}T00:00:00Z`)
  return dayPattern.test(text) && !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text)
}

const toMoment = (value: unknown): Date => {
  const wanted = 'a DateTime is ISO 8601 with a time zone, as in "2026-11-24T20:15:00.000Z"'
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value
  if (typeof value !== 'string' || !momentPattern.test(value) || !isDay(value.slice(0, 10))) {
    throw bad(wanted, value)
  }
  const at = new Date(value)
  if (Number.isNaN(at.getTime())) throw bad(wanted, value)
  return at
}

const toDay = (value: unknown): string => {
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString().slice(0, 10)
  if (typeof value === 'string' && isDay(value)) return value
  throw bad('a Date is ISO 8601, as in "2026-11-24"', value)
}

const toSafeInt = (value: unknown): number => {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value
  throw bad('a SafeInt is a whole number between -(2^53 - 1) and 2^53 - 1', value)
}

/** PostgreSQL's bigint arrives as a string or a BigInt, so that nothing is lost on the way. */
const safeIntOut = (value: unknown): number =>
  toSafeInt(typeof value === 'bigint' || (typeof value === 'string' && value !== '') ? Number(value) : value)

/** Resolvers of the scalars that Marquee's schemas share: `resolvers: { ...scalars, Query: … }`. */
export const scalars = Object.freeze({
  /** A moment: resolvers see a JavaScript Date; answers are ISO 8601 in UTC with milliseconds. */
  DateTime: scalar('DateTime', toMoment, value =>
    toMoment(typeof value === 'number' ? new Date(value) : value).toISOString(),
  ),
  /** A day: resolvers see the text `2026-11-24`, since a day is no moment and has no time zone. */
  Date: scalar('Date', toDay, toDay),
  /** A whole number of up to 53 bits; a resolver may give number, bigint or decimal text. */
  SafeInt: scalar('SafeInt', toSafeInt, safeIntOut),
})
