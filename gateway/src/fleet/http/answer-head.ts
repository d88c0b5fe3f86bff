import type { AnswerHeaders } from './http-answer.ts'
import { protocolError } from './http-error.ts'

/** How the end of a body is found: after so many bytes, by its chunks, or when the connection closes. */
export type Framing = number | 'chunked' | 'until-close'

/** Status line and header fields of an answer, and what follows from them. */
export type AnswerHead = Readonly<{
  status: number
  headers: AnswerHeaders
  framing: Framing
  /** How long the server keeps the connection open after this answer; 0: not at all, Infinity: it did not say. */
  keepAliveMs: number
}>

/**
 * Status line and fields by RFC 9112 4 and 5, each ended by CRLF. Stricter than a recipient must be, so that nobody
 * between us and the server can read the same bytes differently: no folded lines, no bare CR or LF, no space
 * before the colon. Each part ends at a character that it cannot hold, so the time is linear.
 */
const grammar =
  /^HTTP\/1\.[01] [1-9]\d\d(?: [\t\x20-\x7e\x80-\xff]*)?\r\n(?:[!#$%&'*+\-.^_`|~\dA-Za-z]+:[\t\x20-\x7e\x80-\xff]*\r\n)*$/

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09

/** Without the optional blanks around a value. Not `trim`: that takes U+00A0 away too. */
const valueBetween = (text: string, from: number, to: number): string => {
  while (from < to && isBlank(text.charCodeAt(from))) from++
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--
  return text.slice(from, to)
}

const headersIn = (text: string): AnswerHeaders => {
  const lower = text.toLowerCase()
  return {
    get: name => {
      const key = `\r\n${name}:`
      let value: string | undefined
      for (let at = lower.indexOf(key); at >= 0; at = lower.indexOf(key, at + key.length)) {
        const one = valueBetween(text, at + key.length, text.indexOf('\r\n', at + key.length))
        value = value === undefined ? one : `${value}, ${one}`
      }
      return value
    },
  }
}

const digits = /^\d{1,15}$/

/** RFC 9112 6.3: a list of equal lengths counts as one; anything else cannot be trusted. */
const lengthIn = (value: string): number => {
  if (digits.test(value)) return Number(value)
  const [length = '', ...others] = value.split(/[\t ]*,[\t ]*/)
  if (!digits.test(length) || others.some(other => other !== length)) {
    throw protocolError(`content-length is "${value.slice(0, 100)}"`)
  }
  return Number(length)
}

/** RFC 9112 6.3, in its order. */
const framingOf = (status: number, isHttp10: boolean, headers: AnswerHeaders): Framing => {
  const coding = headers.get('transfer-encoding')
  const length = headers.get('content-length')
  if (coding !== undefined) {
    if (length !== undefined) throw protocolError('both content-length and transfer-encoding')
    if (isHttp10) throw protocolError('transfer-encoding in an HTTP/1.0 answer')
    if (coding.toLowerCase() !== 'chunked') {
      throw protocolError(`transfer-encoding is "${coding.slice(0, 100)}", only chunked is understood`)
    }
  }
  const bytes = length === undefined ? undefined : lengthIn(length)
  if (status < 200 || status === 204 || status === 304) return 0
  return coding === undefined ? (bytes ?? 'until-close') : 'chunked'
}

/** A server that closes after N seconds may do so while a request is on its way: leave a second before that. */
const marginMs = 1000

const keepAliveOf = (isHttp10: boolean, headers: AnswerHeaders): number => {
  const connection = headers.get('connection')
  if (connection !== undefined && /(?:^|,)[\t ]*close[\t ]*(?:,|$)/i.test(connection)) return 0
  if (isHttp10 && (connection === undefined || !/\bkeep-alive\b/i.test(connection))) return 0
  const seconds = /\btimeout=(\d{1,9})\b/i.exec(headers.get('keep-alive') ?? '')?.[1]
  return seconds === undefined ? Infinity : Math.max(0, Number(seconds) * 1000 - marginMs)
}

/**
 * @param text  status line and fields, up to and with the CRLF of the last field
 * @throws HttpError `protocol`
 */
export const readAnswerHead = (text: string): AnswerHead => {
  if (!grammar.test(text))
    throw protocolError(`not an HTTP/1.1 answer: ${JSON.stringify(text.slice(0, 100))}`)
  const status = Number(text.slice(9, 12))
  const isHttp10 = text.startsWith('HTTP/1.0')
  const headers = headersIn(text)
  return {
    status,
    headers,
    framing: framingOf(status, isHttp10, headers),
    keepAliveMs: keepAliveOf(isHttp10, headers),
  }
}
