import type { CompiledFetch } from '../compile/compile-plan.ts'
import type { SelectedField, Selection } from '../compile/position.ts'
import type { ClientSelection } from '../projection/client-selection.ts'
import { isRow } from './merge-row.ts'
import { ResponseNode } from './response-node.ts'
import type { ResponsePath } from './response-path.ts'
import type { Run } from './run.ts'

/** Where a node that a fetch arrives at stands: the client's path, and the nodes on it from the root. */
export type Place = Readonly<{ fetch: CompiledFetch; path: ResponsePath; lineage: readonly ResponseNode[] }>

/** Where something of a fetch is in the client's answer. */
export type ClientPlace = Readonly<{
  /** The nearest place at or above it that the client selects. */
  path: ResponsePath
  /**
   * `inside`: the client selects it. `end`: only the planner does. `outside`: the client selects it of values of other
   * types only.
   */
  state: 'inside' | 'end' | 'outside'
}>

const typenameOf = (value: unknown, selection: Selection | undefined): string | undefined => {
  if (value instanceof ResponseNode) return value.typename
  if (!isRow(value)) return undefined
  for (const name of selection?.typenames ?? []) if (typeof value[name] === 'string') return value[name]
  return undefined
}

/** Goes down what the client selects, as far as that goes. */
class Walk {
  readonly path: (string | number)[] = []
  readonly #run: Run
  #selection: ClientSelection | undefined
  state: ClientPlace['state'] = 'inside'

  constructor(run: Run) {
    this.#run = run
    this.#selection = run.clientSelection()
  }

  index(step: number): void {
    if (this.state === 'inside') this.path.push(step)
  }

  name(typename: string | undefined, name: string): void {
    if (this.state !== 'inside') return
    const field = this.#selection?.field(typename, name)
    if (field?.kind === 'selected') {
      this.path.push(this.#run.clientName(name))
      this.#selection = field.below
    } else this.state = field?.kind === 'excluded' ? 'outside' : 'end'
  }
}

/** @param rest  steps in the subgraph's answer, from the node */
export const clientPlace = (run: Run, { fetch, path, lineage }: Place, rest: ResponsePath): ClientPlace => {
  const walk = new Walk(run)
  const names = fetch.path.filter(step => step !== '@').map(String)
  let depth = 0
  for (const step of path) {
    if (typeof step === 'number') walk.index(step)
    else {
      walk.name(lineage[depth]?.typename, names[depth] ?? step)
      depth += 1
    }
  }
  let value: unknown = lineage.at(-1)
  let selection: Selection | undefined = fetch.selection
  for (const step of rest) {
    if (typeof step === 'number') {
      walk.index(step)
      value = Array.isArray(value) ? value[step] : undefined
      continue
    }
    const field: SelectedField | undefined = selection?.fields.find(({ wireName }) => wireName === step)
    walk.name(typenameOf(value, selection), field?.field.name ?? step)
    if (value instanceof ResponseNode) value = field === undefined ? undefined : value.values[field.slot]
    else value = isRow(value) ? value[step] : undefined
    selection = field?.selection
  }
  return walk
}
