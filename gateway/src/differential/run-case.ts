import { visit, type DocumentNode } from 'graphql'
import type { Breakage } from './broken-answers.ts'
import { difference } from './compare.ts'
import { unexplainedDifference } from './explained.ts'
import { fieldFaults, type FaultPlan } from './faults.ts'
import type { Federation } from './generate-federation.ts'
import type { ClientOperation } from './generate-operation.ts'
import { newExecution, type Execution } from './graph-data.ts'
import type { Outcome, Subject } from './subject.ts'

/** What an engine needs to know of a federation. */
export type Ground = Pick<Federation, 'seed' | 'supergraphSdl' | 'ask'>

/** An engine before the subgraphs of a federation. One operation at a time. */
export type Bench = Readonly<{
  subject: Subject
  /** The execution that subgraphs take part in; a new one for each operation. */
  begin: (execution: Execution) => void
  /** Requests that subgraphs got so far. */
  requests: () => number
  close: () => Promise<void>
}>

/** Puts an engine before a federation. @throws when it refuses the supergraph */
export type OpenBench = (ground: Ground) => Promise<Bench>

export type Verdict = Readonly<{
  problem: string
  operation: ClientOperation
  expected: Outcome
  actual: Outcome
  /** What subgraphs were asked that their schemas do not allow. */
  refusals: readonly string[]
}>

/** An outcome whatever happens: what is thrown is an error without data. */
export const outcomeOf = async (work: () => Promise<unknown>): Promise<Outcome> => {
  try {
    const { data = null, errors = [] } = JSON.parse(JSON.stringify(await work()))
    return { data, errors }
  } catch (error) {
    const { message: said, cause } = error as Error
    const message = `thrown: ${said}${cause instanceof Error ? ` (${cause.message})` : ''}`
    return { data: null, errors: [{ message }] }
  }
}

/** What goes wrong in a case. */
export type Trouble =
  | Readonly<{ kind: 'none' }>
  /** Fields fail on both sides alike: the answers stay equal. */
  | Readonly<{ kind: 'fields'; plan: FaultPlan }>
  /** Answers of a subgraph break: what differs is null, and named by an error. */
  | Readonly<{ kind: 'answers'; breakage: Breakage }>

export const noTrouble: Trouble = Object.freeze({ kind: 'none' })

const executionsFor = ({ model }: Federation, trouble: Trouble): readonly [Execution, Execution] => {
  if (trouble.kind === 'none') return [newExecution(), newExecution()]
  if (trouble.kind === 'answers') return [newExecution(), newExecution(undefined, trouble.breakage.breaks)]
  const { plan } = trouble
  return [
    newExecution(fieldFaults(model, plan, 'monolith')),
    newExecution(fieldFaults(model, plan, 'subgraphs')),
  ]
}

/** Response names of fields that subgraphs compute from what others have; the generators call them so. */
const computedNames = (document: DocumentNode): ReadonlySet<string> => {
  const names = new Set<string>()
  visit(document, {
    Field: node => {
      if (/^r(m_)?\d+$/.test(node.name.value)) names.add(node.alias?.value ?? node.name.value)
    },
  })
  return names
}

const judge = (document: DocumentNode, trouble: Trouble, expected: Outcome, actual: Outcome) => {
  if (trouble.kind !== 'answers') return difference(expected, actual)
  const mayLose = trouble.breakage.losesEntities
  return unexplainedDifference(expected, actual, { mayLose, computed: computedNames(document) })
}

/** Runs one operation on both sides. Undefined: they agree. */
export const runCase = async (
  federation: Federation,
  { subject, begin }: Bench,
  operation: ClientOperation & Readonly<{ document: DocumentNode }>,
  trouble: Trouble = noTrouble,
): Promise<Verdict | undefined> => {
  const { document, text, variables } = operation
  const [ofMonolith, ofSubgraphs] = executionsFor(federation, trouble)
  const expected = await outcomeOf(() => federation.monolith(document, variables, ofMonolith))
  begin(ofSubgraphs)
  const actual = await outcomeOf(() => subject({ document, text, variables }))
  const problem = judge(document, trouble, expected, actual)
  if (problem === undefined) return undefined
  return { problem, operation: { text, variables }, expected, actual, refusals: ofSubgraphs.refusals }
}

/** Differences of one kind have one cause, mostly. */
export const kindOf = ({ problem, actual, refusals }: Verdict): string => {
  const [message = ''] = actual.errors.map(error => error.message)
  if (refusals.some(refusal => refusal.startsWith('invalid:'))) return 'a subgraph query is not valid'
  if (refusals.length > 0) return 'a subgraph is asked for what it does not have'
  if (message.startsWith('thrown: No plan ')) return 'the planner gives up'
  if (message.startsWith('thrown: ')) return message.replace(/^.*\(/, 'thrown: ').slice(0, 70)
  // Without the place.
  return problem.replace(/:.*$/s, '').replace(/^\S*[.\d]\S* (?=has|is)/, '')
}
