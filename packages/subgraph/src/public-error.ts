import { randomUUID } from 'node:crypto'
import { errorCatalogue, isErrorCode, MarqueeError, type ErrorCode } from '@marquee/contract'
import { GraphQLError, type GraphQLFormattedError } from 'graphql'
import type { RequestRecord } from './request-record.ts'

/** What a caller may see of an error. */
export type PublicError = Readonly<{
  message: string
  extensions: Readonly<{ code: string; mend: string; id?: string }>
}>

/** What was thrown in the first place, under graphql-js's and Apollo's wrappers. */
const rootOf = (error: unknown): unknown =>
  error instanceof GraphQLError && error.originalError ? rootOf(error.originalError) : error

/** Callers' faults that graphql-js finds while executing, and so gives no code: known by its words. */
const uncoded: readonly (readonly [RegExp, ErrorCode])[] = [
  [/^(Argument|Variable) "/, 'BAD_USER_INPUT'],
  [/^Schema is not configured to execute/, 'GRAPHQL_VALIDATION_FAILED'],
]

const mendOf = (code: ErrorCode): string => errorCatalogue[code].mend

/**
 * The code under which a GraphQL error may be shown; undefined when it may not. A code is believed when Apollo gave it
 * before execution, or when a resolver threw it in a GraphQLError; a code on any other error came from who knows where.
 */
const shownCode = (formatted: GraphQLFormattedError, root: unknown): ErrorCode | undefined => {
  const code = formatted.extensions?.['code']
  const isGraphqls = root instanceof GraphQLError
  if (isErrorCode(code) && code !== 'INTERNAL_SERVER_ERROR' && (isGraphqls || formatted.path === undefined)) {
    return code
  }
  return isGraphqls ? uncoded.find(([words]) => words.test(root.message))?.[1] : undefined
}

/** Masks an error: the caller gets an id, the log gets the rest. One thing thrown has one id, however often it shows. */
const mask = (root: unknown, path: string | undefined, record: RequestRecord | undefined): PublicError => {
  const code = 'INTERNAL_SERVER_ERROR'
  const id = record?.errors.find(({ error }) => error === root)?.id ?? randomUUID()
  record?.codes.add(code)
  if (record?.errors.every(({ error }) => error !== root)) {
    record.errors.push({ code, id, ...(path === undefined ? {} : { path }), error: root })
  }
  return { message: errorCatalogue[code].means, extensions: { code, mend: mendOf(code), id } }
}

const show = (error: MarqueeError, record: RequestRecord | undefined): PublicError => {
  record?.codes.add(error.code)
  // Our own trouble, though told in public: the log should say what was behind it.
  if (
    error.status >= 500 &&
    error.cause !== undefined &&
    record?.errors.every(known => known.error !== error)
  ) {
    record.errors.push({ code: error.code, error })
  }
  return { message: error.message, extensions: { code: error.code, mend: error.mend } }
}

/** What a caller may see of an error outside of GraphQL's execution. */
export const publicError = (error: unknown, record?: RequestRecord): PublicError =>
  error instanceof MarqueeError && error.code !== 'INTERNAL_SERVER_ERROR'
    ? show(error, record)
    : mask(error, undefined, record)

/** Apollo's `formatError`: the same for an error in an answer, which keeps its path and locations. */
export const publicGraphqlError = (
  formatted: GraphQLFormattedError,
  error: unknown,
  record: RequestRecord | undefined,
): GraphQLFormattedError => {
  const root = rootOf(error)
  const where = {
    ...(formatted.locations === undefined ? {} : { locations: formatted.locations }),
    ...(formatted.path === undefined ? {} : { path: formatted.path }),
  }
  if (root instanceof MarqueeError && root.code !== 'INTERNAL_SERVER_ERROR') {
    return { ...show(root, record), message: formatted.message, ...where }
  }
  const code = shownCode(formatted, root)
  if (code === undefined) return { ...mask(root, formatted.path?.join('.'), record), ...where }
  record?.codes.add(code)
  return { message: formatted.message, ...where, extensions: { code, mend: mendOf(code) } }
}
