import type { GraphQLError } from 'graphql'
import type { IsVerbatim, RunFetches } from '../../fleet/fetch.ts'
import type { Position } from '../compile/position.ts'
import type { FetchContext } from '../executor.ts'
import type { ClientSelection } from '../projection/client-selection.ts'
import type { Failures } from './failures.ts'
import type { NodeStore } from './merge-row.ts'
import { ResponseNode } from './response-node.ts'
import type { FetchTrace } from './trace.ts'

/** One request on its way through a compiled plan. */
export type Run = NodeStore &
  Readonly<{
    root: ResponseNode
    rootPosition: Position
    context: FetchContext
    runFetches: RunFetches
    /** The value of a variable as JSON text; undefined when the client did not give it. */
    variableText: (name: string) => string | undefined
    /** What a client calls a response name of the plan. */
    clientName: (responseName: string) => string
    /** What the client selects: errors are reported at its places. */
    clientSelection: () => ClientSelection | undefined
    errors: GraphQLError[]
    /** Of its only fetch, where it has but one: see projection/verbatim.ts. */
    isVerbatim: IsVerbatim | undefined
    /** Absent unless an allowed caller wants it. */
    trace: FetchTrace[] | undefined
    /** `performance.now()` when it began. */
    beganAt: number
  }> & {
    /** Absent until something fails. */
    failures: Failures | undefined
    /** The answer, when it came as it is to be given: then there are no nodes. */
    verbatim: string | Buffer | undefined
  }

type Made =
  | 'root'
  | 'rootPosition'
  | 'interned'
  | 'errors'
  | 'failures'
  | 'variableText'
  | 'trace'
  | 'beganAt'
  | 'verbatim'
type Parts = Omit<Run, Made>

/** @param variables  by the names that the plan has for them */
export const createRun = (
  root: Position,
  variables: Readonly<Record<string, unknown>>,
  parts: Parts,
): Run => {
  const texts = new Map<string, string>()
  return {
    ...parts,
    root: new ResponseNode(root),
    rootPosition: root,
    interned: [],
    errors: [],
    failures: undefined,
    trace: parts.context.inspect?.trace === true ? [] : undefined,
    beganAt: performance.now(),
    verbatim: undefined,
    variableText: name => {
      const known = texts.get(name)
      if (known !== undefined || !Object.hasOwn(variables, name)) return known
      const text = JSON.stringify(variables[name])
      texts.set(name, text)
      return text
    },
  }
}
