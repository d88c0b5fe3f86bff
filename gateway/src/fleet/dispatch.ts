import { smallerCompanies } from './company.ts'
import type { SentRequest } from './fetch.ts'
import type { Flight } from './flight.ts'
import { readAnswer, type Part } from './read-answer.ts'
import { combinedBody, operationCombiner, soloBody } from './request-body.ts'
import { answerFor, slotsOf, type Slot, type SlotAnswer } from './slots.ts'
import { sendForFlights, type Brought, type RequestParts } from './subgraph-request.ts'

/** Sends flights of one subgraph and one caller in as few HTTP requests as may be, and settles them. */
export type Dispatch = (flights: readonly Flight[]) => void

type Piece = Readonly<{ answer: SlotAnswer; sent: SentRequest; size: number }>

/** A slot whose list is long is cut into pieces; it has landed when the last one is back. */
type Landing = { slot: Slot; pieces: (Piece | undefined)[]; missing: number }

const join = (pieces: readonly Piece[]): SlotAnswer => {
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

const piecesOf = ({ representations }: Slot, maxBatch: number): number =>
  representations === undefined ? 1 : Math.max(1, Math.ceil(representations.length / maxBatch))

const read = ({ answer, failure }: Brought, parts: readonly Part[]): readonly SlotAnswer[] => {
  if (answer !== undefined) return readAnswer(answer, parts)
  // A subgraph that is down is not asked again; one that could not digest the request may digest a part of it.
  const isUnclear = failure?.code === 'SUBGRAPH_BAD_RESPONSE'
  return parts.map(() => ({ errors: [], ...(failure !== undefined && { failure }), isUnclear }))
}

const flightsOf = (parts: readonly Part[]): readonly Flight[] => {
  const [only] = parts
  const riders =
    only !== undefined && parts.length === 1 ? only.slot.riders : parts.flatMap(({ slot }) => slot.riders)
  return riders.map(({ flight }) => flight)
}

/** @param maxBatch  most representations in one list */
export const dispatcher = (parts: RequestParts, maxBatch: number): Dispatch => {
  const combiner = operationCombiner()

  const partsOf = (slots: readonly Slot[], piece: number): readonly Part[] =>
    slots.map(slot => {
      const { representations } = slot
      if (representations === undefined) return { slot, from: 0 }
      if (representations.length <= maxBatch) return { slot, representations, from: 0 }
      const from = piece * maxBatch
      return { slot, representations: representations.slice(from, from + maxBatch), from }
    })

  const pack = (plain: readonly Part[]): Readonly<{ body: string; parts: readonly Part[] }> => {
    const [only] = plain
    if (only !== undefined && plain.length === 1) return { body: soloBody(only), parts: plain }
    const { opening, responseNames } = combiner.combine(plain.map(({ slot }) => slot))
    const packed = plain.map((part, index) => ({ ...part, responseNames: responseNames[index] ?? [] }))
    return { body: combinedBody(opening, packed), parts: packed }
  }

  const land = ({ slot, pieces }: Landing, isCrowded: boolean): void => {
    const whole = pieces as readonly Piece[]
    const answer = join(whole)
    const sent = joinSent(whole)
    for (const rider of slot.riders) {
      // Nobody suffers for others: each is asked for alone, once.
      if (isCrowded && answer.isUnclear) dispatch([rider.flight])
      else rider.flight.settle(answerFor(answer, rider, sent))
    }
  }

  const sendPiece = (landings: readonly Landing[], piece: number, isCrowded: boolean): void => {
    const carried = landings.filter(({ pieces }) => piece < pieces.length)
    const { body, parts: packed } = pack(
      partsOf(
        carried.map(({ slot }) => slot),
        piece,
      ),
    )
    const representations = packed.reduce((sum, part) => sum + (part.representations?.length ?? 0), 0)
    sendForFlights(parts, { flights: flightsOf(packed), body, representations }, brought => {
      const answers = read(brought, packed)
      for (const [index, landing] of carried.entries()) {
        const answer = answers[index]
        if (answer === undefined) continue
        landing.pieces[piece] = {
          answer,
          sent: brought.sent,
          size: packed[index]?.representations?.length ?? 0,
        }
        landing.missing -= 1
        if (landing.missing === 0) land(landing, isCrowded)
      }
    })
  }

  const send = (slots: readonly Slot[], isCrowded: boolean): void => {
    const landings = slots.map(slot => {
      const missing = piecesOf(slot, maxBatch)
      return { slot, pieces: Array.from({ length: missing }, () => undefined), missing }
    })
    const most = Math.max(...landings.map(({ missing }) => missing))
    for (let piece = 0; piece < most; piece += 1) sendPiece(landings, piece, isCrowded)
  }

  const dispatch: Dispatch = flights => {
    const waiting = flights.filter(flight => !flight.isOver)
    const slots = slotsOf(waiting)
    const together = slots.filter(({ known }) => known.combines)
    if (together.length > 1 && !combiner.hasMet(together)) {
      const companies = smallerCompanies(waiting)
      if (companies.length > 1) return companies.forEach(dispatch)
    }
    if (together.length > 0) send(together, crowded(together))
    for (const slot of slots) if (!slot.known.combines) send([slot], crowded([slot]))
  }
  return dispatch
}

const crowded = (slots: readonly Slot[]): boolean => slots.length > 1 || (slots[0]?.riders.length ?? 0) > 1
