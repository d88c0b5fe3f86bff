import { MarqueeError } from '@marquee/contract'

/** What answers are written as. */
export type MediaType = 'application/graphql-response+json' | 'application/json'

/**
 * How an answer in parts is written: `20220824` is what Apollo Client 3 and many others read, `v0.2` what the spec
 * proposes now.
 */
export type PartsFormat = Readonly<{ version: '20220824' | 'v0.2'; contentType: string }>

/** What a client takes. */
export type Accepted = Readonly<{
  /** For an answer as a whole. */
  mediaType: MediaType
  /** For an answer in parts; absent where the client does not want any, or less than a whole one. */
  parts?: PartsFormat
  /** It takes no whole answers: one in parts may have one part. */
  isPartsOnly: boolean
}>

const produced: readonly MediaType[] = ['application/graphql-response+json', 'application/json']

type Range = Readonly<{ type: string; quality: number; parameter: (name: string) => string | undefined }>

const readRange = (text: string): Range => {
  const [type = '', ...parameters] = text.split(';').map(part => part.trim().toLowerCase())
  const parameter = (name: string): string | undefined =>
    parameters
      .find(part => part.startsWith(`${name}=`))
      ?.slice(name.length + 1)
      .replaceAll('"', '')
  const quality = Number(parameter('q') ?? 1)
  return { type, quality: Number.isFinite(quality) ? quality : 0, parameter }
}

/**
 * GraphQL over HTTP, "Media Types": a client that names no type, or any, gets `application/json`, which those that
 * know nothing of the newer type understand.
 */
const typeFor = ({ type, parameter }: Range): MediaType | undefined => {
  const charset = parameter('charset')
  if (charset !== undefined && charset !== 'utf-8') return undefined
  if (type === '*/*' || type === 'application/*') return 'application/json'
  return produced.find(each => each === type)
}

const partsFormat = (version: PartsFormat['version'], specification: string): PartsFormat =>
  Object.freeze({ version, contentType: `multipart/mixed; boundary="-"${specification}` })

const formats = Object.freeze({
  '20220824': partsFormat('20220824', '; deferSpec=20220824'),
  'v0.2': partsFormat('v0.2', '; incrementalSpec=v0.2'),
  plain: partsFormat('v0.2', ''),
})

/** A type must be named for this: who takes anything need not know of parts. */
const formatFor = ({ type, parameter }: Range): PartsFormat | undefined => {
  if (type !== 'multipart/mixed' || parameter('subscriptionspec') !== undefined) return undefined
  const old = parameter('deferspec')
  if (old !== undefined) return old === '20220824' ? formats[old] : undefined
  const current = parameter('incrementalspec')
  if (current !== undefined) return current === 'v0.2' ? formats[current] : undefined
  return formats.plain
}

type Choice<T> = Readonly<{ value: T; quality: number }> | undefined

/** The one of highest quality; of equals, the one that is named first. */
const best = <T>(ranges: readonly Range[], valueOf: (range: Range) => T | undefined): Choice<T> => {
  let found: Choice<T>
  for (const range of ranges) {
    const value = valueOf(range)
    if (value !== undefined && range.quality > (found?.quality ?? 0))
      found = { value, quality: range.quality }
  }
  return found
}

/**
 * Parts win over a whole answer of equal quality, wherever they are named: GraphiQL and urql name them last, and who
 * writes `@defer` and takes parts wants them.
 */
const choose = (accept: string): Accepted => {
  if (accept.trim() === '') return jsonOnly
  const ranges = accept.split(',', 64).map(readRange)
  const whole = best(ranges, typeFor)
  const parts = best(ranges, formatFor)
  if (whole === undefined && parts === undefined) {
    throw new MarqueeError('NOT_ACCEPTABLE', { accept: accept.slice(0, 200) })
  }
  return Object.freeze({
    mediaType: whole?.value ?? 'application/json',
    ...(parts !== undefined && parts.quality >= (whole?.quality ?? 0) && { parts: parts.value }),
    isPartsOnly: whole === undefined,
  })
}

const jsonOnly: Accepted = Object.freeze({ mediaType: 'application/json', isPartsOnly: false })

/** What was chosen for headers that came before: there are few, unless somebody makes them up. */
const chosen = new Map<string, Accepted>()
const mostChosen = 200

/**
 * @param accept  the client's `accept` header
 * @param defer   answers in parts can be made
 * @throws NOT_ACCEPTABLE when nothing that the client takes can be made
 */
export const negotiate = (accept: string | undefined, defer = true): Accepted => {
  if (accept === undefined) return jsonOnly
  let found = chosen.get(accept)
  if (found === undefined) {
    found = choose(accept)
    if (chosen.size < mostChosen && accept.length <= 200) chosen.set(accept, found)
  }
  if (found.isPartsOnly && !defer) throw new MarqueeError('NOT_ACCEPTABLE', { accept: accept.slice(0, 200) })
  return found
}

/** The media type for the answer to a request that may have been refused for its `accept` header. */
export const negotiateOrJson = (accept: string | undefined): MediaType => {
  try {
    return negotiate(accept).mediaType
  } catch {
    return 'application/json'
  }
}
