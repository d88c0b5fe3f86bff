import type { Fetch } from '../../fleet/fetch.ts'
import type { CompiledFetch, Lane } from '../compile/compile-plan.ts'
import { noValue, type Representation } from '../compile/representation.ts'
import { mergeNothing } from './merge-row.ts'
import type { Selection } from '../compile/position.ts'
import type { ResponseNode } from './response-node.ts'
import type { Run } from './run.ts'
import { sparedNodes } from './spared-nodes.ts'
import { ValueTrie } from './value-trie.ts'
import { visitTargets, visitTargetsWithPaths } from './visit-targets.ts'

/** The nodes that wait for the rows of one fetch of a batch: `nodes[n]` for `rows[n]`, an index in the answer. */
export type Waiting = Readonly<{ fetch: CompiledFetch; nodes: ResponseNode[]; rows: number[] }>

/** A fetch about to be sent, and who waits for it. */
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

/** The parts of the representation that is looked up: one list for all. */
const parts: unknown[] = []

/** Representations of one list, each once. */
class Representations {
  readonly #rows = new ValueTrie<number>()
  readonly texts: string[] = []

  /** @returns the row that will answer for the node; undefined for one that cannot be asked for */
  rowOf({ partsOf, write }: Representation, node: ResponseNode, selection: Selection): number | undefined {
    const count = partsOf(node, parts)
    if (count === noValue) mergeNothing(node, selection)
    return count <= 0 ? undefined : this.#rows.at(parts, count, own => this.texts.push(write(own)) - 1)
  }
}

const rootBatch = (run: Run, lane: Lane, variables: string): Batch[] => {
  const waiting = lane.fetches.map((fetch): Waiting => {
    const nodes: ResponseNode[] = []
    visitTargets(run, fetch, node => nodes.push(node))
    return { fetch, nodes, rows: [] }
  })
  if (waiting.every(({ nodes }) => nodes.length === 0)) return []
  const { template } = lane
  const { isVerbatim } = run
  const fetch = isVerbatim === undefined ? { template, variables } : { template, variables, isVerbatim }
  return [{ lane, fetch, waiting }]
}

const entityBatch = (run: Run, lane: Lane, variables: string): Batch[] => {
  const waiting: Waiting[] = []
  const representations = new Representations()
  const spared = sparedNodes(run)
  for (const fetch of lane.fetches) {
    const { representation } = fetch
    if (representation === undefined) continue
    const nodes: ResponseNode[] = []
    const rows: number[] = []
    visitTargets(run, fetch, node => {
      if (spared?.spares(fetch, node) === true) return
      const row = representations.rowOf(representation, node, fetch.selection)
      if (row === undefined) return
      nodes.push(node)
      rows.push(row)
    })
    waiting.push({ fetch, nodes, rows })
  }
  spared?.settle()
  const { texts } = representations
  if (texts.length === 0) return []
  return [{ lane, fetch: { template: lane.template, variables, representations: texts }, waiting }]
}

/** Nodes with other things above them need other variables, and so another fetch. */
const contextBatches = (run: Run, lane: Lane, variables: string): Batch[] => {
  const groups = new Map<string, { waiting: Waiting[]; representations: Representations }>()
  const spared = sparedNodes(run)
  for (const fetch of lane.fetches) {
    visitTargetsWithPaths(run, fetch, (node, _path, lineage) => {
      if (spared?.spares(fetch, node) === true) return
      const members = fetch.contexts.flatMap(({ variable, read }) => {
        const value = read(lineage)
        return value === undefined ? [] : [`${JSON.stringify(variable)}:${value}`]
      })
      const all = [...(variables === '' ? [] : [variables]), ...members].join(',')
      const group = groups.get(all) ?? { waiting: [], representations: new Representations() }
      const row =
        fetch.representation && group.representations.rowOf(fetch.representation, node, fetch.selection)
      if (row === undefined) return
      groups.set(all, group)
      group.waiting.push({ fetch, nodes: [node], rows: [row] })
    })
  }
  spared?.settle()
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
