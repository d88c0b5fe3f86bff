import { MarqueeError, type ConsistencyToken } from '@marquee/contract'
import { GraphQLError, OperationTypeNode } from 'graphql'
import { consistencyLedger } from './consistency-ledger.ts'
import { Ending } from './end-signal.ts'
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

type Waiting = { context: FetchContext; resolve: (result: OperationResult) => void; leave: () => void }

const tooLate = ({ deadlineMs }: FetchContext): OperationResult => {
  const originalError = new MarqueeError('DEADLINE_EXCEEDED', { deadlineMs, setting: 'gateway.deadlineMs' })
  return { data: 'null', errors: [new GraphQLError(originalError.message, { originalError })] }
}

/** One execution, for all who asked for exactly this while it is in progress. It ends when the last of them has left. */
class SharedExecution {
  readonly #first: FetchContext
  readonly #ending = new Ending()
  /** What all of them had seen at first, and what they see by this. */
  readonly #seen: ConsistencyLedger
  #waiting: Waiting[] = []

  constructor(first: FetchContext) {
    this.#first = first
    this.#seen = consistencyLedger(first.consistency.token())
  }

  /** The context of who asked first, with what is true for all. */
  context(): FetchContext {
    return {
      ...this.#first,
      signal: this.#ending,
      consistency: {
        token: () => this.#seen.token(),
        advance: (token: ConsistencyToken) => {
          this.#seen.advance(token)
          for (const { context } of this.#waiting) context.consistency.advance(token)
        },
      },
    }
  }

  /** Subgraphs were told when its answer is due: who has much more time is better served by an execution of their own. */
  hasTimeFor({ deadlineAt, deadlineMs }: FetchContext): boolean {
    return !this.#ending.aborted && this.#first.deadlineAt >= deadlineAt - deadlineMs / 2
  }

  join(context: FetchContext, result: Promise<OperationResult>): Promise<OperationResult> {
    return new Promise((resolve, reject) => {
      const listener = { handleEvent: () => this.#leave(waiting) }
      const leave = (): void => context.signal.removeEventListener('abort', listener)
      const waiting: Waiting = { context, resolve, leave }
      this.#waiting.push(waiting)
      context.consistency.advance(this.#seen.token())
      context.signal.addEventListener('abort', listener)
      result.then(
        value => {
          leave()
          resolve(value)
        },
        (error: Error) => {
          leave()
          reject(error)
        },
      )
    })
  }

  /** What the last one to leave has got so far is kept for them; who leaves others behind has nothing. */
  #leave(waiting: Waiting): void {
    if (this.#waiting.length === 1) return this.#ending.abort(waiting.context.signal.reason)
    this.#waiting = this.#waiting.filter(other => other !== waiting)
    waiting.resolve(tooLate(waiting.context))
  }

  /** Lets go of everybody: a Map may hold an ended execution for a while. */
  end(): void {
    this.#waiting = []
  }
}

/**
 * Lets equal queries of equal callers that are in progress at the same time share one execution. A mutation that ends
 * closes what is in progress to others: it may be older than what the mutation changed.
 */
export const withSharedExecutions = (execute: Executor['execute']): Executor['execute'] => {
  const inProgress = new Map<
    string,
    Readonly<{ shared: SharedExecution; result: Promise<OperationResult> }>
  >()

  const begin = (key: string, operation: Operation, context: FetchContext) => {
    const shared = new SharedExecution(context)
    const result = execute(operation, shared.context())
    const entry = Object.freeze({ shared, result })
    inProgress.set(key, entry)
    const end = (): void => {
      if (inProgress.get(key) === entry) inProgress.delete(key)
      shared.end()
    }
    result.then(end, end)
    return entry
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
    const entry = found?.shared.hasTimeFor(context) === true ? found : begin(key, operation, context)
    return entry.shared.join(context, entry.result)
  }
}
