import { badResponse, unavailable } from '../fleet/fetch-failures.ts'
import type { SubgraphAnswer } from '../fleet/send-query.ts'
import type { SubgraphModel } from './model.ts'
import { hashOf, random } from './random.ts'

/**
 * What becomes of an answer. Nothing: it stays.
 * @throws SUBGRAPH_UNAVAILABLE, SUBGRAPH_BAD_RESPONSE
 */
export type BreakAnswer = (
  subgraph: string,
  query: string,
  answer: SubgraphAnswer,
) => SubgraphAnswer | undefined

const isEntities = (query: string): boolean => query.includes('_entities')

const rowsOf = ({ data }: SubgraphAnswer): readonly unknown[] | undefined => {
  const rows = data?.['_entities']
  return Array.isArray(rows) ? rows : undefined
}

const nothing = { data: null, errors: [{ message: 'the subgraph gives nothing' }] }

/** The ways in which answers break; each is for the answers of one subgraph, or of some of its requests. */
const waysToBreak: Readonly<Record<string, BreakAnswer>> = {
  unavailable: subgraph => {
    throw unavailable(subgraph, new Error('connection refused'))
  },
  'not GraphQL': subgraph => {
    throw badResponse(subgraph, 'HTML')
  },
  nothing: () => nothing,
  'entities only nothing': (_subgraph, query) => (isEntities(query) ? nothing : undefined),
  'short entities': (_subgraph, _query, answer) => {
    const rows = rowsOf(answer)
    return rows === undefined ? undefined : { ...answer, data: { _entities: rows.slice(1) } }
  },
  'entities not found': (_subgraph, _query, answer) => {
    const rows = rowsOf(answer)
    if (rows === undefined) return undefined
    return { ...answer, data: { _entities: rows.map((row, at) => (at % 2 === 0 ? null : row)) } }
  },
  'entities fail one by one': (_subgraph, _query, answer) => {
    const rows = rowsOf(answer)
    if (rows === undefined) return undefined
    return {
      data: { _entities: rows.map((row, at) => (at % 2 === 0 ? null : row)) },
      errors: rows.flatMap((_row, at) =>
        at % 2 === 0 ? [{ message: 'this one fails', path: ['_entities', at] }] : [],
      ),
    }
  },
  'empty data': () => ({ data: {} }),
}

/** What breaks, and what is said of it. */
export type Breakage = Readonly<{ title: string; breaks: BreakAnswer; losesEntities: boolean }>

/** One subgraph's answers break, all or some of them. The same seed breaks the same ones. */
export const breakageOf = (subgraphs: readonly SubgraphModel[], seed: number): Breakage => {
  const rng = random(seed)
  const { name } = rng.pick(subgraphs)
  const kind = rng.pick(Object.keys(waysToBreak))
  const isSome = rng.chance(0.4)
  const breakOne = waysToBreak[kind] as BreakAnswer
  return Object.freeze({
    title: `${name}: ${kind}${isSome ? ', at times' : ''}`,
    losesEntities: kind === 'entities not found',
    breaks: (subgraph: string, query: string, answer: SubgraphAnswer) => {
      if (subgraph !== name || (isSome && hashOf(query) % 2 === 0)) return undefined
      return breakOne(subgraph, query, answer)
    },
  })
}
