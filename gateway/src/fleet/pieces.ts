import type { SentRequest } from './fetch.ts'
import type { Slot, SlotAnswer } from './slots.ts'

/** What one HTTP request brought for a slot. `size`: how many representations were asked for. */
export type Piece = Readonly<{ answer: SlotAnswer; sent: SentRequest; size: number }>

/** A slot whose list is long is cut into pieces; it has landed when the last one is back. */
export type Landing = { slot: Slot; pieces: (Piece | undefined)[]; missing: number }

const joinAnswers = (pieces: readonly Piece[]): SlotAnswer => {
  const [first] = pieces as [Piece]
  if (pieces.length === 1) return first.answer
  const answers = pieces.map(({ answer }) => answer)
  const isUnclear = answers.some(answer => answer.isUnclear)
  const failure = answers.find(answer => answer.failure !== undefined)?.failure
  if (failure !== undefined) return { errors: [], failure, isUnclear }
  const errors = answers.flatMap(answer => answer.errors)
  if (answers.every(answer => answer.rows === undefined)) return { errors, isUnclear }
  const rows = pieces.flatMap(({ answer, size }) => answer.rows ?? Array.from({ length: size }, () => null))
  return { rows, errors, isUnclear }
}

const joinSent = (pieces: readonly Piece[]): SentRequest =>
  pieces
    .map(({ sent }) => sent)
    .reduce((a, b) => ({
      ...a,
      endedAt: Math.max(a.endedAt, b.endedAt),
      requestBytes: a.requestBytes + b.requestBytes,
      answerBytes: a.answerBytes + b.answerBytes,
    }))

/** @param pieces  how many its list is cut into */
export const landingOf = (slot: Slot, pieces: number): Landing => ({
  slot,
  pieces: Array.from({ length: pieces }, () => undefined),
  missing: pieces,
})

/** What all pieces of a slot that has landed brought together. */
export const joinPieces = ({ pieces }: Landing): Readonly<{ answer: SlotAnswer; sent: SentRequest }> => {
  const whole = pieces as readonly Piece[]
  return { answer: joinAnswers(whole), sent: joinSent(whole) }
}
