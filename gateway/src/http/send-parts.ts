import { once } from 'node:events'
import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Answer, LaterPart } from '../pipeline/answer.ts'
import { logFailure, sendAnswer } from './server.ts'

/** Each piece is written as soon as it is there: the stream holds nothing back. */
const bodyOf = (
  answer: Answer,
  later: AsyncIterable<LaterPart>,
  report: (answer: Answer) => void,
): Readable =>
  Readable.from(
    (async function* () {
      yield answer.body
      for await (const { text, errors } of later) {
        if (errors.length > 0) report({ ...answer, errors })
        yield text
      }
    })(),
    { objectMode: false },
  )

/**
 * Sends an answer of which parts follow.
 * @param count  told of the errors in later parts
 * @returns when all is sent, or nobody is there to read it
 */
export const sendParts = async (
  request: FastifyRequest,
  reply: FastifyReply,
  answer: Answer,
  later: AsyncIterable<LaterPart>,
  count: (answer: Answer) => void,
): Promise<void> => {
  const body = bodyOf(answer, later, part => {
    logFailure(request, part)
    count(part)
  })
  const { raw, server } = reply
  const { socket } = raw
  raw.once('finish', () => {
    // The gateway began to stop after this answer had: its head could not say that the connection closes.
    if (!server.server.listening) socket?.end()
  })
  const closed = once(raw, 'close')
  void sendAnswer(request, reply, answer, body)
  await closed
}
