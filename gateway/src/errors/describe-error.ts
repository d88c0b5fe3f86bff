import { randomUUID } from 'node:crypto'
import { errorCatalogue, isErrorCode, MarqueeError, type ErrorCode } from '@marquee/contract'
import type { GraphQLError, GraphQLFormattedError } from 'graphql'
import { RequestErrors } from './request-errors.ts'

/** An error as a client sees it, and what of it is for the log alone. */
export type DescribedError = Readonly<{
  shown: GraphQLFormattedError
  code: string
  /** Set when the message was hidden: the same id is in the answer. */
  id?: string
  cause?: unknown
}>

/** Codes that say nothing: Apollo's libraries give them to whatever has no code. */
const codelessCodes = new Set<unknown>([undefined, '', 'INTERNAL_SERVER_ERROR', 'DOWNSTREAM_SERVICE_ERROR'])

/** The client did not write the document that a subgraph gets, so these from a subgraph are no fault of its own. */
const ourFaultFromSubgraph = new Set<unknown>(['GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED'])

/** Never for clients, whatever the code. */
const innerExtensions = new Set(['stacktrace', 'exception', 'serviceName', 'query', 'variables', 'response'])

const idPattern = /^[\w-]{8,64}$/

/** `id` of an error that its subgraph masked already, so that one id finds the line in its log. */
const idOf = (extensions: Readonly<Record<string, unknown>>): string => {
  const given = extensions['id']
  return typeof given === 'string' && idPattern.test(given) ? given : randomUUID()
}

const masked = (
  error: unknown,
  code: ErrorCode,
  extensions: Readonly<Record<string, unknown>>,
  path?: readonly (string | number)[],
): DescribedError => {
  const id = idOf(extensions)
  const service = extensions['service'] ?? extensions['serviceName']
  const { means, mend } = errorCatalogue[code]
  return {
    shown: {
      message: means,
      ...(path !== undefined && { path }),
      extensions: { code, ...(service !== undefined && { service }), id, mend },
    },
    code,
    id,
    cause: error,
  }
}

/** The path up to the first thing that is no field or index of the answer: the executor writes `@` for "each". */
const cleanPath = (
  path: readonly (string | number)[] | undefined,
): readonly (string | number)[] | undefined => {
  if (path === undefined) return undefined
  const end = path.findIndex(key => key === '@' || key === '_entities')
  const clean = end === -1 ? path : path.slice(0, end)
  return clean.length === 0 ? undefined : clean
}

/**
 * An error of one field or one fetch.
 * @param maskUnknown  hide the message when the error has no code of its own
 */
export const describeFieldError = (error: GraphQLError, maskUnknown: boolean): DescribedError => {
  const { extensions, message } = error
  const path = cleanPath(error.path)
  const code = typeof extensions['code'] === 'string' ? extensions['code'] : undefined
  const service = extensions['service'] ?? extensions['serviceName']
  if (ourFaultFromSubgraph.has(code)) return masked(error, 'INTERNAL_SERVER_ERROR', extensions, path)
  if (codelessCodes.has(code) && maskUnknown) return masked(error, 'INTERNAL_SERVER_ERROR', extensions, path)
  const kept = Object.entries(extensions).filter(([key]) => !innerExtensions.has(key))
  const shownCode = code === undefined || codelessCodes.has(code) ? 'INTERNAL_SERVER_ERROR' : code
  return {
    shown: {
      message,
      ...(path !== undefined && { path }),
      extensions: {
        ...Object.fromEntries(kept),
        code: shownCode,
        ...(service !== undefined && { service }),
        ...(isErrorCode(shownCode) &&
          extensions['mend'] === undefined && { mend: errorCatalogue[shownCode].mend }),
      },
    },
    code: shownCode,
    cause: error.originalError?.cause,
  }
}

/** An error that ended the whole request. What is not marked as safe is masked. */
export const describeRequestError = (error: unknown): readonly DescribedError[] => {
  if (error instanceof RequestErrors) {
    const { code } = error
    return error.errors.map(({ message, locations }) => ({
      shown: {
        message,
        ...(locations !== undefined && { locations }),
        extensions: { code, mend: errorCatalogue[code].mend },
      },
      code,
    }))
  }
  if (!(error instanceof MarqueeError)) return [masked(error, 'INTERNAL_SERVER_ERROR', {})]
  if (error.code === 'QUERY_PLANNING_FAILED') return [masked(error.cause, error.code, {})]
  const service = error.details['service']
  return [
    {
      shown: {
        message: error.message,
        extensions: { ...error.extensions, ...(service !== undefined && { service }) },
      },
      code: error.code,
      cause: error.cause,
    },
  ]
}

/** HTTP status of an error that ended the whole request. */
export const statusOf = (error: unknown): number => {
  if (error instanceof MarqueeError) return error.status
  if (error instanceof RequestErrors) return errorCatalogue[error.code].status
  return errorCatalogue.INTERNAL_SERVER_ERROR.status
}
