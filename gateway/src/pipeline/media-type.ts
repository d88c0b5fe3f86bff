import { MarqueeError } from '@marquee/contract'

/** What answers are written as. */
export type MediaType = 'application/graphql-response+json' | 'application/json'

const produced: readonly MediaType[] = ['application/graphql-response+json', 'application/json']

type Range = Readonly<{ type: string; quality: number; charset: string | undefined }>

const readRange = (text: string): Range => {
  const [type = '', ...parameters] = text.split(';').map(part => part.trim().toLowerCase())
  const parameter = (name: string): string | undefined =>
    parameters
      .find(part => part.startsWith(`${name}=`))
      ?.slice(name.length + 1)
      .replaceAll('"', '')
  const quality = Number(parameter('q') ?? 1)
  return { type, quality: Number.isFinite(quality) ? quality : 0, charset: parameter('charset') }
}

/**
 * GraphQL over HTTP, "Media Types": a client that names no type, or any, gets `application/json`, which those that
 * know nothing of the newer type understand.
 */
const typeFor = (range: string): MediaType | undefined => {
  if (range === '*/*' || range === 'application/*') return 'application/json'
  return produced.find(type => type === range)
}

const choose = (accept: string): MediaType => {
  if (accept.trim() === '') return 'application/json'
  let best: { type: MediaType; quality: number } | undefined
  for (const { type, quality, charset } of accept.split(',', 64).map(readRange)) {
    const candidate = charset === undefined || charset === 'utf-8' ? typeFor(type) : undefined
    if (candidate !== undefined && quality > (best?.quality ?? 0)) best = { type: candidate, quality }
  }
  if (best === undefined) throw new MarqueeError('NOT_ACCEPTABLE', { accept: accept.slice(0, 200) })
  return best.type
}

/** What was chosen for headers that came before: there are few, unless somebody makes them up. */
const chosen = new Map<string, MediaType>()
const mostChosen = 200

/**
 * @param accept  the client's `accept` header
 * @throws NOT_ACCEPTABLE when nothing that the client takes can be made
 */
export const negotiate = (accept: string | undefined): MediaType => {
  if (accept === undefined) return 'application/json'
  const known = chosen.get(accept)
  if (known !== undefined) return known
  const type = choose(accept)
  if (chosen.size < mostChosen && accept.length <= 200) chosen.set(accept, type)
  return type
}

/** The media type for the answer to a request that may have been refused for its `accept` header. */
export const negotiateOrJson = (accept: string | undefined): MediaType => {
  try {
    return negotiate(accept)
  } catch {
    return 'application/json'
  }
}
