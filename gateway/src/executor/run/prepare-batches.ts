import type { Fetch } from '../../fleet/fetch.ts'
import type { CompiledFetch, Lane } from '../compile/compile-plan.ts'
import type { Representation } from '../compile/representation.ts'
import type { ResponseNode } from './response-node.ts'
import type { Run } from './run.ts'
import { ValueTrie } from './value-trie.ts'
import { visitTargets, visitTargetsWithPaths } from './visit-targets.ts'

/** A node that waits for a row of a batch. */
export type Waiting = Readonly<{ node: ResponseNode; fetch: CompiledFetch; row: number }>

/** A fetch about to be sent, and the nodes that wait for its rows. */
export type Batch = Readonly<{ lane: Lane; fetch: Fetch; waiting: readonly Waiting[] }>

const variablesText = (run: Run, names: readonly string[]): string => {
  let text = ''
  for (const name of names) {
    const value = run.variableText(name)
    // An absent variable stays absent: the operation has its default.
    if (value !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${value}`
  }
  return text
}

/** Representations of one list, each once. */
class Representations {
  readonly #rows = new ValueTrie<{ row: number }>()
  readonly texts: string[] = []

  rowOf({ write }: Representation, parts: readonly unknown[]): number {
    return this.#rows.at(parts, () => ({ row: this.texts.push(write(parts)) - 1 })).row
  }
}

const rootBatch = (run: Run, lane: Lane, variables: string): Batch[] => {
  const waiting: Waiting[] = []
  for (const fetch of lane.fetches) visitTargets(run, fetch, node => waiting.push({ node, fetch, row: 0 }))
  return waiting.length === 0 ? [] : [{ lane, fetch: { template: lane.template, variables }, waiting }]
}

const entityBatch = (run: Run, lane: Lane, variables: string): Batch[] => {
  const waiting: Waiting[] = []
  const representations = new Representations()
  for (const fetch of lane.fetches) {
    const { representation } = fetch
    if (representation === undefined) continue
    visitTargets(run, fetch, node => {
      const parts = representation.partsOf(node)
      if (parts !== undefined)
        waiting.push({ node, fetch, row: representations.rowOf(representation, parts) })
    })
  }
  if (waiting.length === 0) return []
  const fetch = { template: lane.template, variables, representations: representations.texts }
  return [{ lane, fetch, waiting }]
}

/** Nodes with other things above them need other variables, and so another fetch. */
const contextBatches = (run: Run, lane: Lane, variables: string): Batch[] => {
  const groups = new Map<string, { waiting: Waiting[]; representations: Representations }>()
  for (const fetch of lane.fetches) {
    visitTargetsWithPaths(run, fetch, (node, _path, lineage) => {
      const { representation } = fetch
      const parts = representation?.partsOf(node)
      if (representation === undefined || parts === undefined) return
      const members = fetch.contexts.flatMap(({ variable, read }) => {
        const value = read(lineage)
        return value === undefined ? [] : [`${JSON.stringify(variable)}:${value}`]
      })
      const all = [...(variables === '' ? [] : [variables]), ...members].join(',')
      const group = groups.get(all) ?? { waiting: [], representations: new Representations() }
      groups.set(all, group)
      group.waiting.push({ node, fetch, row: group.representations.rowOf(representation, parts) })
    })
  }
  return [...groups].map(([all, { waiting, representations }]) => ({
    lane,
    fetch: { template: lane.template, variables: all, representations: representations.texts },
    waiting,
  }))
}

/** What a lane has to ask in this request: nothing where no node waits. */
export const prepareBatches = (run: Run, lane: Lane): Batch[] => {
  const variables = variablesText(run, lane.template.variableNames)
  if (lane.template.form !== 'entities') return rootBatch(run, lane, variables)
  if (lane.fetches.some(({ contexts }) => contexts.length > 0)) return contextBatches(run, lane, variables)
  return entityBatch(run, lane, variables)
}
