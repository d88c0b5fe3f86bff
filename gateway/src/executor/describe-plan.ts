import type { CompiledOperation } from './compile/compile-operation.ts'
import type { CompiledCall } from './compile/compile-plan.ts'

/** A compiled plan for people to read. */
export type PlanDescription = Readonly<{
  /** Requests to subgraphs: each is sent as soon as those in `after` (by number, from 0) are answered. */
  calls: readonly Readonly<{
    subgraph: string
    after: readonly number[]
    fetches: readonly Readonly<{
      operation: string
      /** Where its answer goes; `@` is each element of a list, `` the root. */
      paths: readonly string[]
      isPublic: boolean
    }>[]
  }>[]
}>

const describeCall = ({ subgraph, lanes, after }: CompiledCall): PlanDescription['calls'][number] => ({
  subgraph,
  after,
  fetches: lanes.map(({ template, fetches }) => ({
    operation: template.text,
    paths: fetches.map(({ path }) => path.join('.')),
    isPublic: template.isPublic,
  })),
})

export const describePlan = ({ plan }: CompiledOperation): PlanDescription => ({
  calls: plan.calls.map(describeCall),
})

const indent = (text: string, by: string): string => text.replaceAll(/^/gm, by)

/** The same as text, for terminals. */
export const printPlan = ({ calls }: PlanDescription): string => {
  if (calls.length === 0) return 'No subgraph is asked.\n'
  return calls
    .map(({ subgraph, after, fetches }, number) => {
      const when = after.length === 0 ? 'at once' : `after ${after.map(one => one + 1).join(', ')}`
      const parts = fetches.map(({ operation, paths, isPublic }) => {
        const places = paths.map(path => (path === '' ? 'the root' : path)).join('\n       ')
        return `  into ${places}${isPublic ? '\n  public' : ''}\n${indent(operation, '    ')}`
      })
      return `${number + 1}. ${subgraph}, ${when}\n${parts.join('\n')}\n`
    })
    .join('\n')
}
