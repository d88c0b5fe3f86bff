import type { ConsistencyToken } from '@marquee/contract'
import type { FetchContext } from '../executor/executor.ts'
import type { Call } from './call.ts'
import type { Fetch, FetchAnswer } from './fetch.ts'
import type { KnownTemplate } from './known-templates.ts'

/** What carries a flight, and can be told that nobody waits for it any more. */
export type Carrier = Readonly<{ drop: () => void }>

type Waiting = Readonly<{ call: Call; index: number; joined: boolean }>

/** One fetch on its way, for everybody who asked for exactly this. Ends once: by an answer, or when all have left. */
export class Flight {
  readonly fetch: Fetch
  readonly known: KnownTemplate
  readonly callerKey: string
  /** Of who asked first, and has not left. */
  context: FetchContext
  /** What is told to the subgraph; 0 until it is sent. */
  deadlineAt = 0
  /** What its asker had seen. */
  readonly token: ConsistencyToken
  /** Where it is found by those who ask the same; set by share-in-flight.ts. */
  shareKey = ''
  #waiting: Waiting[] = []
  readonly #carriers: Carrier[] = []
  readonly #onEnd: (flight: Flight) => void

  constructor(
    fetch: Fetch,
    known: KnownTemplate,
    callerKey: string,
    context: FetchContext,
    onEnd: (flight: Flight) => void,
  ) {
    this.fetch = fetch
    this.known = known
    this.callerKey = callerKey
    this.context = context
    this.token = context.consistency.token()
    this.#onEnd = onEnd
  }

  get isOver(): boolean {
    return this.#waiting.length === 0
  }

  /** The client requests that wait for it. */
  contexts(): readonly FetchContext[] {
    return this.#waiting.map(({ call }) => call.context)
  }

  join(call: Call, index: number): void {
    this.#waiting.push({ call, index, joined: this.#waiting.length > 0 })
    call.await(index, this)
  }

  leave(left: Call): void {
    this.#waiting = this.#waiting.filter(({ call }) => call !== left)
    const [next] = this.#waiting
    if (next === undefined) this.#end()
    else this.context = next.call.context
  }

  carriedBy(carrier: Carrier): void {
    this.#carriers.push(carrier)
  }

  settle(answer: FetchAnswer): void {
    if (this.isOver) return
    const waiting = this.#waiting
    this.#waiting = []
    this.#end()
    for (const { call, index, joined } of waiting) {
      call.answer(index, joined ? withShared(answer) : answer)
    }
  }

  #end(): void {
    for (const carrier of this.#carriers) carrier.drop()
    this.#carriers.length = 0
    this.#onEnd(this)
  }
}

const withShared = (answer: FetchAnswer): FetchAnswer =>
  answer.sent === undefined ? answer : { ...answer, sent: { ...answer.sent, shared: true } }
