import type { SendQuery, SubgraphAnswer } from '../fleet/send-query.ts'
import { readVerbatim } from '../fleet/read-verbatim.ts'
import { spoilAnswer } from './faults.ts'
import type { Federation } from './generate-federation.ts'
import { newExecution, type Execution } from './graph-data.ts'

/** What subgraphs take part in at the moment. */
export type Turn = { execution: Execution; requests: number }

const noHeaders = { get: () => undefined }

/** Answers as a subgraph over HTTP would: text goes and comes, nothing is shared. */
export const inProcess =
  ({ ask }: Pick<Federation, 'ask'>, turn: Turn): SendQuery =>
  async ({ subgraph, body, isVerbatim }) => {
    turn.requests += 1
    const { query, variables, operationName } = JSON.parse(body)
    const { execution } = turn
    const text = spoilAnswer(await ask(subgraph, { query, variables, operationName }, execution))
    const answer = JSON.parse(text) as SubgraphAnswer
    const told = execution.breaks?.(subgraph, query, answer) ?? answer
    if (isVerbatim === undefined) return told
    return readVerbatim({ status: 200, headers: noHeaders, body: JSON.stringify(told) }, isVerbatim) ?? told
  }

export const newTurn = (): Turn => ({ execution: newExecution(), requests: 0 })
