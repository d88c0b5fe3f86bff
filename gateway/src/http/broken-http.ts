import type { Socket } from 'node:net'
import { MarqueeError } from '@marquee/contract'
import { refuse } from '../pipeline/answer.ts'

type Refusal = Readonly<{ line: string; reason: string }>

/** By the code of Node's HTTP parser. */
const refusals: Readonly<Record<string, Refusal>> = {
  ERR_HTTP_REQUEST_TIMEOUT: { line: '408 Request Timeout', reason: 'it did not arrive in time' },
  HPE_HEADER_OVERFLOW: { line: '431 Request Header Fields Too Large', reason: 'its headers are too long' },
}

const notHttp: Refusal = { line: '400 Bad Request', reason: 'it is not HTTP' }

/** Answers what never became a request: there is nothing but the socket to write to. */
export const answerBrokenHttp = (error: Readonly<{ code?: string }>, socket: Socket): void => {
  if (!socket.writable) {
    socket.destroy()
    return
  }
  const { line, reason } = refusals[error.code ?? ''] ?? notHttp
  const { body } = refuse({ method: 'POST', headers: {} }, new MarqueeError('BAD_REQUEST', { reason }))
  const head = [
    `HTTP/1.1 ${line}`,
    'connection: close',
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${String(body)}`)
}
