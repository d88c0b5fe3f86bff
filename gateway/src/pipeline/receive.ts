import { MarqueeError } from '@marquee/contract'
import type { GatewayConfig } from '../config.ts'
import type { EndSignal } from '../executor/end-signal.ts'
import { preventCrossSite } from './cross-site.ts'
import type { ReportExcess } from '../documents/document-limits.ts'
import { isNestedDeeperThan } from './json-depth.ts'
import { longestListIn } from './longest-list.ts'
import { negotiate, type Accepted } from './media-type.ts'

/** A request as HTTP brings it. Header names are in lower case. */
export type RawRequest = Readonly<{
  id: string
  method: string
  headers: Readonly<Record<string, string | string[] | undefined>>
  /** The query string, as it came, without its `?`. */
  search: string
  body: Buffer | undefined
  /** Aborted when the client is gone or the deadline has passed. */
  signal: EndSignal
  /** `performance.now()` at which the answer is due. */
  deadlineAt: number
}>

/** A GraphQL request, well-formed but not yet looked into. */
export type GraphqlRequest = Readonly<{
  raw: RawRequest
  accepted: Accepted
  query: string | undefined
  operationName: string | undefined
  variables: Readonly<Record<string, unknown>>
  extensions: Readonly<Record<string, unknown>>
}>

export type Receive = (raw: RawRequest) => GraphqlRequest

const badRequest = (reason: string): MarqueeError => new MarqueeError('BAD_REQUEST', { reason })

const decoder = new TextDecoder('utf-8', { fatal: true })

/** @param malformed  makes the error, of what the parser says */
const parseJson = (text: string, malformed: (reason: string) => MarqueeError): unknown => {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw malformed((error as Error).message.slice(0, 120))
  }
}

const malformedBody = (reason: string): MarqueeError => new MarqueeError('MALFORMED_JSON', { reason })

const decode = (body: Buffer): string => {
  try {
    return decoder.decode(body)
  } catch {
    throw malformedBody('it is not UTF-8')
  }
}

const asObject = (value: unknown, name: string): Readonly<Record<string, unknown>> | undefined => {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'object' || Array.isArray(value)) throw badRequest(`\`${name}\` must be an object`)
  return value as Record<string, unknown>
}

const asString = (value: unknown, name: string): string | undefined => {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string') throw badRequest(`\`${name}\` must be a string`)
  return value
}

type Parameters = Readonly<{
  query: unknown
  operationName: unknown
  variables: unknown
  extensions: unknown
}>

const isJsonType = (contentType: string): boolean => {
  const [essence, ...parameters] = contentType.split(';').map(part => part.trim().toLowerCase())
  const charset = parameters
    .find(part => part.startsWith('charset='))
    ?.slice(8)
    .replaceAll('"', '')
  return (
    essence === 'application/json' && (charset === undefined || charset === 'utf-8' || charset === 'utf8')
  )
}

const unsupported = (contentType: string): MarqueeError =>
  new MarqueeError('UNSUPPORTED_MEDIA_TYPE', { contentType: contentType.slice(0, 100) })

type CheckDepth = (json: Buffer) => void

/** GraphQL over HTTP, "POST": the parameters are a JSON object in UTF-8. */
const fromBody = (raw: RawRequest, checkDepth: CheckDepth): Parameters => {
  const contentType = String(raw.headers['content-type'] ?? '')
  // What nearly every client sends needs no looking into.
  if (contentType !== 'application/json' && !isJsonType(contentType)) {
    throw unsupported(contentType)
  }
  const encoding = raw.headers['content-encoding']
  // RFC 9110, 8.4: a content coding that is not acceptable may be answered by 415.
  if (encoding !== undefined && encoding !== 'identity') {
    throw unsupported(`${contentType}, content-encoding: ${String(encoding)}`)
  }
  const bytes = raw.body ?? Buffer.alloc(0)
  checkDepth(bytes)
  const body = parseJson(decode(bytes), malformedBody)
  if (Array.isArray(body)) throw badRequest('several operations in one request (an array) are not accepted')
  if (typeof body !== 'object' || body === null) throw badRequest('the body must be a JSON object')
  return body as Parameters
}

/** GraphQL over HTTP, "GET": the parameters are in the query string, `variables` and `extensions` as JSON. */
const fromSearch = (raw: RawRequest, checkDepth: CheckDepth): Parameters => {
  const contentType = raw.headers['content-type']
  if (contentType !== undefined && !/^application\/json\s*(;|$)/i.test(String(contentType))) {
    throw unsupported(String(contentType))
  }
  const search = new URLSearchParams(raw.search)
  const single = (name: string): string | undefined => {
    const values = search.getAll(name)
    if (values.length > 1) throw badRequest(`\`${name}\` is given more than once`)
    return values[0]
  }
  const json = (name: string): unknown => {
    const value = single(name)
    if (value === undefined || value === '') return undefined
    checkDepth(Buffer.from(value))
    return parseJson(value, reason => badRequest(`\`${name}\` is not JSON: ${reason}`))
  }
  return {
    query: single('query'),
    operationName: single('operationName') || undefined,
    variables: json('variables'),
    extensions: json('extensions'),
  }
}

/** @throws BAD_REQUEST when the JSON of a request is deeper than is safe to look into */
const checkNesting = (json: Buffer, max: number, report: ReportExcess): void => {
  if (!isNestedDeeperThan(json, max)) return
  report({ limit: 'maxVariablesDepth', count: `more than ${max}`, max })
  throw badRequest(`its JSON is nested deeper than the ${max} levels of \`gateway.limits.maxVariablesDepth\``)
}

/** @throws BAD_USER_INPUT when a list of the variables is too long, unless excesses are measured only */
const checkLists = (
  variables: Readonly<Record<string, unknown>>,
  { maxListSize: max, measureOnly }: GatewayConfig['limits'],
  report: ReportExcess,
): void => {
  for (const [name, value] of Object.entries(variables)) {
    const count = longestListIn(value)
    if (count <= max) continue
    report({ limit: 'maxListSize', count, max })
    if (measureOnly) return
    throw new MarqueeError('BAD_USER_INPUT', {
      reason: `$${name.slice(0, 80)} has a list of ${count} entries; \`gateway.limits.maxListSize\` allows ${max}.`,
    })
  }
}

/**
 * Reads the parameters of a request by GraphQL over HTTP.
 * @param report  told when the variables are above a limit
 * @throws METHOD_NOT_ALLOWED, NOT_ACCEPTABLE, CSRF_PREVENTED, UNSUPPORTED_MEDIA_TYPE, MALFORMED_JSON, BAD_REQUEST,
 *         BAD_USER_INPUT
 */
export const receiver = (config: GatewayConfig, report: ReportExcess): Receive => {
  const checkDepth = (json: Buffer): void => checkNesting(json, config.limits.maxVariablesDepth, report)
  return raw => {
    if (raw.method !== 'GET' && raw.method !== 'POST') {
      throw new MarqueeError('METHOD_NOT_ALLOWED', { reason: `${raw.method} is neither GET nor POST` })
    }
    const accepted = negotiate(raw.headers.accept as string | undefined, config.defer)
    if (config.csrfPrevention) preventCrossSite(raw.headers)
    const parameters = raw.method === 'GET' ? fromSearch(raw, checkDepth) : fromBody(raw, checkDepth)
    const variables = asObject(parameters.variables, 'variables') ?? {}
    checkLists(variables, config.limits, report)
    return {
      raw,
      accepted,
      query: asString(parameters.query, 'query'),
      operationName: asString(parameters.operationName, 'operationName'),
      variables,
      extensions: asObject(parameters.extensions, 'extensions') ?? {},
    }
  }
}
