import { byClientRequest } from './company.ts'
import type { Dispatch } from './dispatch.ts'
import type { Flight } from './flight.ts'

const weightOf = ({ fetch }: Flight): number => fetch.representations?.length ?? 1

/** Cuts flights into lists of about `max` representations (or queries), each client request in one of them. */
const cutAtBorders = (flights: readonly Flight[], max: number): readonly (readonly Flight[])[] => {
  const requests = byClientRequest(flights)
  if (requests.length === 1) return requests
  const lists: Flight[][] = []
  let list: Flight[] = []
  let weight = 0
  for (const own of requests) {
    const added = own.reduce((sum, flight) => sum + weightOf(flight), 0)
    if (list.length > 0 && weight + added > max) {
      lists.push(list)
      list = []
      weight = 0
    }
    list.push(...own)
    weight += added
  }
  return [...lists, list]
}

/**
 * Lets flights that become ready in the same turn of the event loop travel together, by subgraph and caller.
 * @param maxCoalesced  about how many representations of different client requests go in one HTTP request
 */
export const coalescer = (dispatch: Dispatch, maxCoalesced: number): ((flight: Flight) => void) => {
  const waiting = new Map<string, Flight[]>()

  // Not a timer: what has arrived in this turn is ready, and waiting longer was never worth it (measured).
  const flush = (): void => {
    const batches = [...waiting.values()]
    waiting.clear()
    for (const batch of batches) {
      const flights = batch.filter(flight => !flight.isOver)
      if (flights.length === 0) continue
      for (const list of cutAtBorders(flights, maxCoalesced)) dispatch(list)
    }
  }

  return flight => {
    if (waiting.size === 0) setImmediate(flush)
    const { company } = flight.context
    // Or what is answered first would wait for what is deferred.
    const key = `${flight.known.template.subgraph}\n${flight.callerKey}${company === undefined ? '' : `\n${company}`}`
    const batch = waiting.get(key)
    if (batch === undefined) waiting.set(key, [flight])
    else batch.push(flight)
  }
}
