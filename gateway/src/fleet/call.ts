import type { FetchContext } from '../executor/executor.ts'
import { deadlineExceeded, failed } from './fetch-failures.ts'
import type { Fetch, FetchAnswer } from './fetch.ts'

/** Something that is on its way for a call, and can be told that the call waits no longer. */
export type Awaited = Readonly<{ leave: (call: Call) => void }>

/** One use of `RunFetches`: collects an answer for each of its fetches, until the deadline. */
export class Call {
  readonly context: FetchContext
  readonly #fetches: readonly Fetch[]
  readonly #resolve: (answers: readonly FetchAnswer[]) => void
  readonly #answers: (FetchAnswer | undefined)[]
  readonly #awaited: (Awaited | undefined)[]
  #missing: number

  constructor(
    fetches: readonly Fetch[],
    context: FetchContext,
    resolve: (answers: readonly FetchAnswer[]) => void,
  ) {
    this.context = context
    this.#fetches = fetches
    this.#resolve = resolve
    this.#answers = fetches.map(() => undefined)
    this.#awaited = fetches.map(() => undefined)
    this.#missing = fetches.length
    context.signal.addEventListener('abort', this)
  }

  /** Fetch `index` waits for `awaited`. */
  await(index: number, awaited: Awaited): void {
    this.#awaited[index] = awaited
  }

  /** The first answer to each fetch counts. */
  answer(index: number, answer: FetchAnswer): void {
    if (this.#answers[index] !== undefined) return
    this.#answers[index] = answer
    this.#awaited[index] = undefined
    this.#missing -= 1
    if (this.#missing > 0) return
    this.context.signal.removeEventListener('abort', this)
    this.#resolve(this.#answers as FetchAnswer[])
  }

  /** Gives the same answer to every fetch that has none. */
  answerRest(answer: (fetch: Fetch) => FetchAnswer): void {
    for (const [index, fetch] of this.#fetches.entries()) {
      if (this.#answers[index] !== undefined) continue
      const awaited = this.#awaited[index]
      this.answer(index, answer(fetch))
      awaited?.leave(this)
    }
  }

  /** The signal's `abort`. An object is listened to more cheaply than a closure. */
  handleEvent(): void {
    const { deadlineMs } = this.context
    this.answerRest(({ template }) => failed(deadlineExceeded(template.subgraph, deadlineMs)))
  }
}
