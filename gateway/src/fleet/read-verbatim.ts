import { isUtf8 } from 'node:buffer'
import type { IsVerbatim, VerbatimData } from './fetch.ts'
import type { HttpAnswer } from './http/http-answer.ts'
import type { SubgraphAnswer } from './send-query.ts'

const opening = '{"data":'

/**
 * Reads an answer without parsing it. A long one stays bytes: that they are UTF-8, and verbatim when looked at as Latin-1,
 * is quickly told, and what is not ASCII in them stands in strings.
 * @returns undefined where it must be parsed
 */
export const readVerbatim = (answer: HttpAnswer, isVerbatim: IsVerbatim): SubgraphAnswer | undefined => {
  const { bytes } = answer
  if (bytes === undefined) {
    const { body } = answer
    if (!isVerbatim(body)) return undefined
    const text = body.slice(opening.length, body.lastIndexOf('}'))
    return { verbatim: { text, isVerbatim }, bytes: Buffer.byteLength(body) }
  }
  if (!isUtf8(bytes) || !isVerbatim(bytes.toString('latin1'))) return undefined
  const text = bytes.subarray(opening.length, bytes.lastIndexOf('}'))
  return { verbatim: { text, isVerbatim }, bytes: bytes.length }
}

/** The same as if it had been parsed at once. */
export const parseVerbatim = ({ text }: VerbatimData): Readonly<Record<string, unknown>> =>
  JSON.parse(String(text)) as Readonly<Record<string, unknown>>
