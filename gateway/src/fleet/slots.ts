import type { FetchAnswer, SentRequest, SubgraphError } from './fetch.ts'
import type { Flight } from './flight.ts'
import type { KnownTemplate } from './known-templates.ts'

/** What came back for a slot. `isUnclear`: it cannot be said whose fault it was, so that each is asked for alone. */
export type SlotAnswer = Omit<FetchAnswer, 'sent'> & Readonly<{ isUnclear?: boolean }>

/** A flight in a slot. `rows`: where each of its representations is in the slot's list; absent when they are the list. */
export type Rider = Readonly<{ flight: Flight; rows?: readonly number[] }>

/** One field set of a template in an HTTP request, for all flights that ask it with the same variables. */
export type Slot = Readonly<{
  known: KnownTemplate
  variables: string
  /** Of all its flights, each once. Absent for queries. */
  representations?: readonly string[]
  riders: readonly Rider[]
}>

const soloSlot = (flight: Flight): Slot => {
  const { known, fetch } = flight
  const { variables, representations } = fetch
  return { known, variables, riders: [{ flight }], ...(representations !== undefined && { representations }) }
}

const sharedSlot = (flights: readonly Flight[]): Slot => {
  const [first] = flights as [Flight]
  const { known, fetch } = first
  if (fetch.representations === undefined) {
    return { known, variables: fetch.variables, riders: flights.map(flight => ({ flight })) }
  }
  const places = new Map<string, number>()
  const representations: string[] = []
  const placeOf = (representation: string): number => {
    const found = places.get(representation)
    if (found !== undefined) return found
    places.set(representation, representations.length)
    return representations.push(representation) - 1
  }
  const riders = flights.map(flight => ({ flight, rows: (flight.fetch.representations ?? []).map(placeOf) }))
  return { known, variables: fetch.variables, representations, riders }
}

/** By text, so that the same set of templates makes the same operation everywhere: subgraphs remember documents by text. */
const byText = (a: Slot, b: Slot): number => {
  if (a.known.id === b.known.id) return 0
  return a.known.template.text < b.known.template.text ? -1 : 1
}

/** Puts flights of one subgraph and caller into slots. */
export const slotsOf = (flights: readonly Flight[]): readonly Slot[] => {
  const [first] = flights
  if (flights.length === 1 && first !== undefined) return [soloSlot(first)]
  const groups = new Map<string, Flight[]>()
  for (const flight of flights) {
    const key = `${flight.known.id} ${flight.fetch.variables}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [flight])
    else group.push(flight)
  }
  const slots: Slot[] = []
  for (const group of groups.values()) {
    const [only] = group
    slots.push(group.length === 1 && only !== undefined ? soloSlot(only) : sharedSlot(group))
  }
  return slots.toSorted(byText)
}

const errorsOf = (errors: readonly SubgraphError[], rows: readonly number[]): readonly SubgraphError[] =>
  errors.flatMap(error => {
    const [row] = error.path ?? []
    if (typeof row !== 'number') return [error]
    const own = rows.indexOf(row)
    return own === -1 ? [] : [{ ...error, path: [own, ...(error.path ?? []).slice(1)] }]
  })

/** What of a slot's answer is for one of its riders. */
export const answerFor = (answer: SlotAnswer, { rows: places }: Rider, sent: SentRequest): FetchAnswer => {
  const { data, verbatim, rows, errors, failure } = answer
  if (failure !== undefined) return { errors, failure, sent }
  const own = places === undefined || errors.length === 0 ? errors : errorsOf(errors, places)
  if (data !== undefined) return { data, errors: own, sent }
  if (verbatim !== undefined) return { verbatim, errors, sent }
  if (rows === undefined) return { errors: own, sent }
  return { rows: places === undefined ? rows : places.map(place => rows[place]), errors: own, sent }
}
