import { MarqueeError, type ConsistencyToken } from '@marquee/contract'
import { GraphQLError, OperationTypeNode } from 'graphql'
import { consistencyLedger } from './consistency-ledger.ts'
import { Ending, type EndListener } from './end-signal.ts'
import type { ConsistencyLedger, Executor, FetchContext, Operation, OperationResult } from './executor.ts'

/** Variables longer than this are not compared: requests that have them are hardly ever alike. */
const maxVariablesLength = 2000

/** Equal for requests that get the same answer; undefined for one that is never shared. */
const keyOf = (operation: Operation, context: FetchContext): string | undefined => {
  if (
    operation.definition.operation !== OperationTypeNode.QUERY ||
    context.inspect?.plan ||
    context.inspect?.trace
  ) {
    return undefined
  }
  const variables = JSON.stringify(operation.variables)
  if (variables.length > maxVariablesLength) return undefined
  const seen = JSON.stringify(context.consistency.token())
  return `${operation.hash} ${operation.name ?? ''} ${variables} ${seen} ${context.callerKey}`
}

type Waiting = EndListener &
  Readonly<{
    context: FetchContext
    resolve: (result: OperationResult) => void
    reject: (error: unknown) => void
  }>

const tooLate = ({ deadlineMs }: FetchContext): OperationResult => {
  const originalError = new MarqueeError('DEADLINE_EXCEEDED', { deadlineMs, setting: 'gateway.deadlineMs' })
  return { data: 'null', errors: [new GraphQLError(originalError.message, { originalError })] }
}

/** One execution, for all who asked for exactly this while it is in progress. It ends when the last of them has left. */
class SharedExecution {
  /** Of who asked first: subgraphs are told that their answers are due then. */
  readonly #deadlineAt: number
  readonly #ending = new Ending()
  /** What all of them had seen at first, and what they see by this. */
  readonly #seen: ConsistencyLedger
  #waiting: Waiting[] = []
  #isOver = false

  constructor({ deadlineAt, consistency }: FetchContext) {
    this.#deadlineAt = deadlineAt
    this.#seen = consistencyLedger(consistency.token())
  }

  /** Executes for who asked first, and tells everybody who waits by then what came of it. */
  async run(execute: Executor['execute'], operation: Operation, first: FetchContext): Promise<void> {
    const context: FetchContext = {
      ...first,
      signal: this.#ending,
      consistency: {
        token: () => this.#seen.token(),
        advance: (token: ConsistencyToken) => {
          this.#seen.advance(token)
          for (const waiting of this.#waiting) waiting.context.consistency.advance(token)
        },
      },
    }
    try {
      const result = await execute(operation, context)
      for (const { resolve } of this.#letGo()) resolve(result)
    } catch (error) {
      for (const { reject } of this.#letGo()) reject(error)
    }
  }

  /** Subgraphs were told when its answer is due: who has much more time is better served by an execution of their own. */
  hasTimeFor({ deadlineAt, deadlineMs }: FetchContext): boolean {
    return !this.#isOver && !this.#ending.aborted && this.#deadlineAt >= deadlineAt - deadlineMs / 2
  }

  join(context: FetchContext): Promise<OperationResult> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { context, resolve, reject, handleEvent: () => this.#leave(waiting) }
      this.#waiting.push(waiting)
      context.consistency.advance(this.#seen.token())
      context.signal.addEventListener('abort', waiting)
    })
  }

  /** What the last one to leave has got so far is kept for them; who leaves others behind has nothing. */
  #leave(waiting: Waiting): void {
    if (this.#waiting.length === 1) return this.#ending.abort(waiting.context.signal.reason)
    this.#waiting = this.#waiting.filter(other => other !== waiting)
    waiting.resolve(tooLate(waiting.context))
  }

  /** Keeps neither them nor the result: the outgrown tables of a Map hold ended executions for long. */
  #letGo(): readonly Waiting[] {
    const waiting = this.#waiting
    this.#waiting = []
    this.#isOver = true
    for (const one of waiting) one.context.signal.removeEventListener('abort', one)
    return waiting
  }
}

/**
 * Lets equal queries of equal callers that are in progress at the same time share one execution. A mutation that ends
 * closes what is in progress to others: it may be older than what the mutation changed.
 */
export const withSharedExecutions = (execute: Executor['execute']): Executor['execute'] => {
  const inProgress = new Map<string, SharedExecution>()

  const begin = (key: string, operation: Operation, context: FetchContext): Promise<OperationResult> => {
    const shared = new SharedExecution(context)
    inProgress.set(key, shared)
    const result = shared.join(context)
    void shared.run(execute, operation, context).then(() => {
      if (inProgress.get(key) === shared) inProgress.delete(key)
    })
    return result
  }

  return (operation, context) => {
    const key = keyOf(operation, context)
    if (key === undefined) {
      const alone = execute(operation, context)
      return operation.definition.operation === OperationTypeNode.MUTATION
        ? alone.finally(() => inProgress.clear())
        : alone
    }
    const found = inProgress.get(key)
    return found?.hasTimeFor(context) === true ? found.join(context) : begin(key, operation, context)
  }
}
