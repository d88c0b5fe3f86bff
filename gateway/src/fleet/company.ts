import type { FetchContext } from '../executor/executor.ts'
import type { Flight } from './flight.ts'

type Flights = readonly Flight[]

/** The flights of each client request (of who asked first), in the order in which they came. */
export const byClientRequest = (flights: Flights): readonly Flights[] => {
  const [first] = flights
  if (flights.every(({ context }) => context === first?.context)) return [flights]
  const requests = new Map<FetchContext, Flight[]>()
  for (const flight of flights) {
    const own = requests.get(flight.context)
    if (own === undefined) requests.set(flight.context, [flight])
    else own.push(flight)
  }
  return [...requests.values()]
}

/** Client requests that ask by the same templates, as requests for the same operation do, in one list. */
const byTemplates = (requests: readonly Flights[]): readonly Flights[] => {
  const kinds = new Map<string, Flight[]>()
  for (const flights of requests) {
    const kind = flights
      .map(({ known }) => known.id)
      .toSorted((a, b) => a - b)
      .join()
    const own = kinds.get(kind)
    if (own === undefined) kinds.set(kind, [...flights])
    else own.push(...flights)
  }
  return [...kinds.values()]
}

/**
 * Smaller companies to travel in: by what they ask for; if that is the same for all, by client request.
 * @returns one list when it is one client request
 */
export const smallerCompanies = (flights: Flights): readonly Flights[] => {
  const requests = byClientRequest(flights)
  const kinds = byTemplates(requests)
  return kinds.length > 1 ? kinds : requests
}
