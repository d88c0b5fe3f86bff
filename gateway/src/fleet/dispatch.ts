import { smallerCompanies } from './company.ts'
import type { Flight } from './flight.ts'
import { longBytes } from './http/response-parser.ts'
import { joinPieces, landingOf, type Landing } from './pieces.ts'
import { readAnswer, type Part } from './read-answer.ts'
import { operationCombiner, pack } from './request-body.ts'
import { answerFor, slotsOf, type Slot, type SlotAnswer } from './slots.ts'
import { sendForFlights, type Brought, type RequestParts } from './subgraph-request.ts'

/** Sends flights of one subgraph and one caller in as few HTTP requests as may be, and settles them. */
export type Dispatch = (flights: readonly Flight[]) => void

const piecesOf = ({ representations }: Slot, maxBatch: number): number =>
  representations === undefined ? 1 : Math.max(1, Math.ceil(representations.length / maxBatch))

const read = ({ answer, failure }: Brought, parts: readonly Part[]): readonly SlotAnswer[] => {
  if (answer !== undefined) return readAnswer(answer, parts)
  // A subgraph that is down is not asked again; one that could not digest the request may digest a part of it.
  const isUnclear = failure?.code === 'SUBGRAPH_BAD_RESPONSE'
  return parts.map(() => ({ errors: [], ...(failure !== undefined && { failure }), isUnclear }))
}

/** Of each slot its piece of that number. */
const partsOf = (slots: readonly Slot[], piece: number, maxBatch: number): readonly Part[] =>
  slots.map(slot => {
    const { representations } = slot
    if (representations === undefined) return { slot, from: 0 }
    if (representations.length <= maxBatch) return { slot, representations, from: 0 }
    const from = piece * maxBatch
    return { slot, representations: representations.slice(from, from + maxBatch), from }
  })

const crowded = (slots: readonly Slot[]): boolean => slots.length > 1 || (slots[0]?.riders.length ?? 0) > 1

const flightsOf = (parts: readonly Part[]): readonly Flight[] => {
  const [only] = parts
  const riders =
    only !== undefined && parts.length === 1 ? only.slot.riders : parts.flatMap(({ slot }) => slot.riders)
  return riders.map(({ flight }) => flight)
}

/** @param maxBatch  most representations in one list */
export const dispatcher = (parts: RequestParts, maxBatch: number): Dispatch => {
  const combiner = operationCombiner()

  const land = (landing: Landing, isCrowded: boolean): void => {
    const { answer, sent } = joinPieces(landing)
    for (const rider of landing.slot.riders) {
      // Nobody suffers for others: each is asked for alone, once.
      if (isCrowded && answer.isUnclear) dispatch([rider.flight])
      else rider.flight.settle(answerFor(answer, rider, sent))
    }
  }

  const sendPiece = (landings: readonly Landing[], piece: number, isCrowded: boolean): void => {
    const carried = landings.filter(({ pieces }) => piece < pieces.length)
    const slots = carried.map(({ slot }) => slot)
    const { body, parts: packed } = pack(partsOf(slots, piece, maxBatch), combiner)
    const representations = packed.reduce((sum, part) => sum + (part.representations?.length ?? 0), 0)
    const isVerbatim = packed.length === 1 ? slots[0]?.riders[0]?.flight.fetch.isVerbatim : undefined
    sendForFlights(parts, { flights: flightsOf(packed), body, representations, isVerbatim }, brought => {
      for (const { slot } of packed) slot.known.isLong = brought.sent.answerBytes / packed.length > longBytes
      const answers = read(brought, packed)
      for (const [index, landing] of carried.entries()) {
        const answer = answers[index]
        if (answer === undefined) continue
        const size = packed[index]?.representations?.length ?? 0
        landing.pieces[piece] = { answer, sent: brought.sent, size }
        landing.missing -= 1
        if (landing.missing === 0) land(landing, isCrowded)
      }
    })
  }

  const send = (slots: readonly Slot[], isCrowded: boolean): void => {
    const landings = slots.map(slot => landingOf(slot, piecesOf(slot, maxBatch)))
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
