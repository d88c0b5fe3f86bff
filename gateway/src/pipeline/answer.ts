import type { ErrorCode } from '@marquee/contract'
import type { GatewayConfig } from '../config.ts'
import {
  describeFieldError,
  describeRequestError,
  statusOf,
  type DescribedError,
} from '../errors/describe-error.ts'
import type { IncrementalResult, OperationResult, Update } from '../executor/executor.ts'
import type { Executed } from './execute.ts'
import { negotiateOrJson, type PartsFormat } from './media-type.ts'
import type { TokenHeaders } from './consistency.ts'
import type { GraphqlRequest, RawRequest } from './receive.ts'
import { writeFirst, writeUpdate } from './write-parts.ts'

/** A piece of an answer's body that comes later, and the errors in it. */
export type LaterPart = Readonly<{ text: string; errors: readonly DescribedError[] }>

/** An HTTP answer, and the errors in it. */
export type Answer = Readonly<{
  status: number
  headers: Readonly<Record<string, string>>
  body: string | Buffer
  errors: readonly DescribedError[]
  /** What follows `body`. Absent: nothing. */
  later?: AsyncIterable<LaterPart>
}>

export type GiveAnswer = (request: GraphqlRequest, executed: Executed) => Answer

const headersFor = (contentType: string): Record<string, string> => ({
  'content-type': contentType,
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

const utf8 = (mediaType: string): string => `${mediaType}; charset=utf-8`

type DescribeFieldError = (error: OperationResult['errors'][number]) => DescribedError

const laterParts = async function* (
  format: PartsFormat,
  updates: AsyncIterable<Update>,
  describe: DescribeFieldError,
): AsyncGenerator<LaterPart, void, undefined> {
  for await (const update of updates) {
    const errors: DescribedError[] = []
    const text = writeUpdate(format, update, error => {
      const described = describe(error)
      errors.push(described)
      return described
    })
    yield { text, errors }
  }
}

type Written = Pick<Answer, 'body' | 'later'> & Readonly<{ contentType: string }>

/** In parts where something follows, or where the client takes nothing else. */
const writeResult = (
  { accepted: { mediaType, parts, isPartsOnly } }: GraphqlRequest,
  result: OperationResult & Partial<IncrementalResult>,
  errors: readonly DescribedError[],
  describe: DescribeFieldError,
): Written => {
  const body = bodyOf(result, errors)
  const { updates, pending = [] } = result
  if (parts === undefined || (updates === undefined && !isPartsOnly)) {
    return { body, contentType: utf8(mediaType) }
  }
  return {
    body: writeFirst(parts, String(body), updates === undefined ? [] : pending),
    contentType: parts.contentType,
    ...(updates !== undefined && { later: laterParts(parts, updates, describe) }),
  }
}

/** Writes a result. @returns status 200: GraphQL over HTTP wants it whenever there is a `data` entry */
export const answerer =
  (config: GatewayConfig, tokenHeaders: TokenHeaders): GiveAnswer =>
  (request, { result, seen }) => {
    const describe: DescribeFieldError = error => describeFieldError(error, config.errors.maskUnknown)
    const errors = result.errors.map(describe)
    const { contentType, ...written } = writeResult(request, result, errors, describe)
    return {
      status: 200,
      headers: {
        ...headersFor(contentType),
        ...(seen !== undefined && tokenHeaders(seen)),
      },
      ...written,
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

const statusFor = (error: unknown, code: string | undefined, mediaType: string): number => {
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
      ...headersFor(utf8(mediaType)),
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
