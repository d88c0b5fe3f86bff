import type { CompiledDeferred, CompiledPart } from './compile/compile-deferred.ts'
import type { CompiledOperation } from './compile/compile-operation.ts'
import type { CompiledCall } from './compile/compile-plan.ts'

/** A compiled plan for people to read. */
export type PlanDescription = Readonly<{
  /** Requests to subgraphs: each is sent as soon as those in `after` (by number, from 0) are answered. */
  calls: readonly Readonly<{
    subgraph: string
    after: readonly number[]
    /** What is answered later, by it: where the fragment with `@defer` stands, and its label. Absent: the first answer. */
    deferred?: Readonly<{ path: string; label?: string }>
    fetches: readonly Readonly<{
      operation: string
      /** Where its answer goes; `@` is each element of a list, `` the root. */
      paths: readonly string[]
      isPublic: boolean
    }>[]
  }>[]
}>

type Described = PlanDescription['calls'][number]

const describeCall = (
  { subgraph, lanes, after }: CompiledCall,
  deferred: Described['deferred'],
): Described => ({
  subgraph,
  after,
  ...(deferred !== undefined && { deferred }),
  fetches: lanes.map(({ template, fetches }) => ({
    operation: template.text,
    paths: fetches.map(({ path }) => path.join('.')),
    isPublic: template.isPublic,
  })),
})

const describePart = ({ steps, clientLabel }: CompiledPart): Described['deferred'] => ({
  path: steps.map(({ name }) => name).join('.'),
  ...(clientLabel !== undefined && { label: clientLabel }),
})

export const describePlan = (compiled: CompiledOperation | CompiledDeferred): PlanDescription => {
  const { plan } = compiled
  const parts = 'parts' in compiled ? compiled : undefined
  return {
    calls: plan.calls.map((call, number) => {
      const part = parts?.parts[parts.partOf[number] ?? -1]
      return describeCall(call, part === undefined ? undefined : describePart(part))
    }),
  }
}

const indent = (text: string, by: string): string => text.replaceAll(/^/gm, by)

const printDeferred = ({ path, label }: NonNullable<Described['deferred']>): string =>
  `, deferred at ${path === '' ? 'the root' : path}${label === undefined ? '' : ` (${JSON.stringify(label)})`}`

/** The same as text, for terminals. */
export const printPlan = ({ calls }: PlanDescription): string => {
  if (calls.length === 0) return 'No subgraph is asked.\n'
  return calls
    .map(({ subgraph, after, deferred, fetches }, number) => {
      const when = after.length === 0 ? 'at once' : `after ${after.map(one => one + 1).join(', ')}`
      const parts = fetches.map(({ operation, paths, isPublic }) => {
        const places = paths.map(path => (path === '' ? 'the root' : path)).join('\n       ')
        return `  into ${places}${isPublic ? '\n  public' : ''}\n${indent(operation, '    ')}`
      })
      return `${number + 1}. ${subgraph}, ${when}${deferred === undefined ? '' : printDeferred(deferred)}\n${parts.join('\n')}\n`
    })
    .join('\n')
}
