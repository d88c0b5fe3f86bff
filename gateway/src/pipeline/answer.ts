import { encodeConsistencyToken, headers, type ErrorCode } from '@marquee/contract'
import type { GatewayConfig } from '../config.ts'
import {
  describeFieldError,
  describeRequestError,
  statusOf,
  type DescribedError,
} from '../errors/describe-error.ts'
import type { OperationResult } from '../executor/executor.ts'
import type { Executed } from './execute.ts'
import { negotiateOrJson, type MediaType } from './media-type.ts'
import type { GraphqlRequest, RawRequest } from './receive.ts'

/** An HTTP answer, and the errors in it. */
export type Answer = Readonly<{
  status: number
  headers: Readonly<Record<string, string>>
  body: string | Buffer
  errors: readonly DescribedError[]
}>

export type GiveAnswer = (request: GraphqlRequest, executed: Executed) => Answer

const headersFor = (mediaType: MediaType): Record<string, string> => ({
  'content-type': `${mediaType}; charset=utf-8`,
  'cache-control': 'no-store',
  vary: 'accept',
})

const bodyOf = (
  { data, extensions }: OperationResult,
  errors: readonly DescribedError[],
): string | Buffer => {
  const before = errors.length === 0 ? '' : `"errors":${JSON.stringify(errors.map(error => error.shown))},`
  const after = extensions === undefined ? '' : `,"extensions":${JSON.stringify(extensions)}`
  return typeof data === 'string'
    ? `{${before}"data":${data}${after}}`
    : Buffer.concat([Buffer.from(`{${before}"data":`), data, Buffer.from(`${after}}`)])
}

/** Writes a result. @returns status 200: GraphQL over HTTP wants it whenever there is a `data` entry */
export const answerer =
  (config: GatewayConfig): GiveAnswer =>
  ({ mediaType }, { result, consistency }) => {
    const errors = result.errors.map(error => describeFieldError(error, config.errors.maskUnknown))
    const seen = consistency.token()
    return {
      status: 200,
      headers: {
        ...headersFor(mediaType),
        ...(Object.keys(seen).length > 0 && { [headers.consistency]: encodeConsistencyToken(seen) }),
      },
      body: bodyOf(result, errors),
      errors,
    }
  }

/**
 * GraphQL over HTTP, "application/json": "The server SHOULD use the 200 status code for every response to a
 * well-formed GraphQL-over-HTTP request". These are errors of requests that are well-formed in that sense.
 */
const wellFormed = new Set<string>([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'DOCUMENT_TOO_COMPLEX',
  'OPERATION_RESOLUTION_FAILURE',
  'BAD_USER_INPUT',
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_SUPPORTED',
] satisfies ErrorCode[])

const statusFor = (error: unknown, code: string | undefined, mediaType: MediaType): number => {
  if (mediaType === 'application/json') return wellFormed.has(code ?? '') ? 200 : statusOf(error)
  // "If the GraphQL response does not contain the data entry then the server MUST reply with a 4xx or 5xx status code."
  return Math.max(400, statusOf(error))
}

/** The answer to a request that failed as a whole: it has no `data`. */
export const refuse = (raw: Pick<RawRequest, 'method' | 'headers'>, error: unknown): Answer => {
  const mediaType = negotiateOrJson(raw.headers.accept as string | undefined)
  const errors = describeRequestError(error)
  const code = errors[0]?.code
  return {
    status: statusFor(error, code, mediaType),
    headers: {
      ...headersFor(mediaType),
      // By GET only an operation that needs POST is refused.
      ...(code === 'METHOD_NOT_ALLOWED' && { allow: raw.method === 'GET' ? 'POST' : 'GET, POST' }),
      ...((code === 'TOKEN_INVALID' || code === 'TOKEN_EXPIRED') && {
        'www-authenticate': 'Bearer error="invalid_token"',
      }),
    },
    body: JSON.stringify({ errors: errors.map(described => described.shown) }),
    errors,
  }
}
