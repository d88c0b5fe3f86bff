import type { ConsistencyToken } from '@marquee/contract'
import type { FetchContext } from '../executor/executor.ts'
import type { Flight } from './flight.ts'

/** Flights that others may join. */
export type FlightsInProgress = Readonly<{
  /** @returns one in progress that will bring exactly the same, else `flight` itself, which others may join now */
  enter: (flight: Flight) => Flight
  leave: (flight: Flight) => void
  /** Nobody may join what is on its way now: it may have been answered before something was changed. */
  forget: () => void
}>

/** How much of long variables goes into the key. Equality is looked at in full anyway. */
const sampleLength = 100

/**
 * Tells most fetches apart in few characters: the whole text would be copied and hashed for every fetch, though
 * few are ever shared.
 */
const keyOf = ({ fetch, known, callerKey }: Flight): string => {
  const { variables, representations } = fetch
  const { id } = known
  const sample = variables.length > sampleLength ? variables.slice(0, sampleLength) : variables
  if (representations === undefined) return `${id} ${callerKey} ${variables.length} ${sample}`
  const { length } = representations
  return `${id} ${callerKey} ${length} ${representations[0]} ${representations[length - 1]} ${sample}`
}

const sameList = (a: readonly string[] | undefined, b: readonly string[] | undefined): boolean => {
  if (a === b) return true
  if (a === undefined || b === undefined || a.length !== b.length) return false
  for (let index = 0; index < a.length; index += 1) if (a[index] !== b[index]) return false
  return true
}

const sameToken = (a: ConsistencyToken, b: ConsistencyToken): boolean => {
  if (a === b) return true
  const databases = Object.keys(a)
  return (
    databases.length === Object.keys(b).length &&
    databases.every(
      database => a[database]?.lsn === b[database]?.lsn && a[database]?.timeline === b[database]?.timeline,
    )
  )
}

/** The subgraph was told when its answer is due: who has much more time is better served by a request of its own. */
const hasTimeFor = (flight: Flight, { deadlineAt, deadlineMs }: FetchContext): boolean =>
  flight.deadlineAt === 0 || flight.deadlineAt >= deadlineAt - deadlineMs / 2

const bringsTheSame = (flight: Flight, other: Flight): boolean =>
  flight.fetch.variables === other.fetch.variables &&
  sameList(flight.fetch.representations, other.fetch.representations) &&
  sameToken(flight.token, other.token) &&
  hasTimeFor(flight, other.context)

/** @returns the queries in progress of one runner */
export const flightsInProgress = (): FlightsInProgress => {
  // An entry is a list that is emptied when its flights end: a Map that grew keeps its old tables alive for long, and
  // with them all that their entries hold.
  let entries = new Map<string, Flight[]>()
  return Object.freeze({
    enter: (flight: Flight) => {
      const key = keyOf(flight)
      flight.shareKey = key
      const entry = entries.get(key)
      if (entry === undefined) {
        entries.set(key, [flight])
        return flight
      }
      const found = entry.find(other => bringsTheSame(other, flight))
      if (found === undefined) entry.push(flight)
      return found ?? flight
    },
    leave: (flight: Flight) => {
      const entry = entries.get(flight.shareKey)
      const place = entry?.indexOf(flight) ?? -1
      if (entry === undefined || place === -1) return
      entry.splice(place, 1)
      if (entry.length === 0) entries.delete(flight.shareKey)
    },
    forget: () => {
      entries = new Map()
    },
  })
}
