import { AsyncLocalStorage } from 'node:async_hooks'
import { isLater, type ConsistencyToken, type WalPosition } from '@marquee/contract'
import type { Server } from './server.ts'
import type { Snapshot } from './snapshot.ts'

/** Where the reads that a request has of one database go. */
export type Pin = {
  readonly server: Server
  /** Absent where the request needs but one statement. */
  readonly snapshot: Snapshot | undefined
  /** Something was answered: no other server can take over, since it would show another moment. */
  hasAnswered: boolean
}

/** What one client request may read, has seen and has written, and on which servers it stands. */
export class RequestScope {
  /** `writer`: all goes to the writer, as in mutations. To be set before the first statement. */
  reads: 'reader' | 'writer' = 'writer'
  /** Several statements make the answer: they must see one moment. To be set before the first statement. */
  isGraph = true
  /** A reader was lost after it had answered in part: the request can still be answered by beginning anew. */
  hasLostSnapshot = false
  readonly maxLagMs: number | undefined
  #seen: ConsistencyToken
  readonly #pins = new Map<string, Promise<Pin>>()
  #wrote: ConsistencyToken = {}

  /**
   * @param seen      what the caller has seen, by database
   * @param maxLagMs  how far behind its answer may be; the configured bound unless told
   */
  constructor(seen: ConsistencyToken, maxLagMs?: number) {
    this.#seen = seen
    this.maxLagMs = maxLagMs
  }

  seen(database: string): WalPosition | undefined {
    return this.#seen[database]
  }

  /** From here on no reader of a database is chosen that is behind a position. */
  mustSee(database: string, position: WalPosition): void {
    const known = this.#seen[database]
    if (known === undefined || isLater(position, known)) this.#seen = { ...this.#seen, [database]: position }
  }

  /** Positions behind its own writes, by database. */
  get wrote(): ConsistencyToken {
    return this.#wrote
  }

  noteWrite(database: string, position: WalPosition): void {
    const known = this.#wrote[database]
    if (known === undefined || isLater(position, known)) {
      this.#wrote = { ...this.#wrote, [database]: position }
    }
  }

  /** What has been written is read where it was written. */
  readsFromReaders(database: string): boolean {
    return this.reads === 'reader' && this.#wrote[database] === undefined
  }

  /** All reads of one database go the same way: the first one finds it. */
  pin(database: string, choose: () => Promise<Pin>): Promise<Pin> {
    const known = this.#pins.get(database)
    if (known !== undefined) return known
    const chosen = choose()
    this.#pins.set(database, chosen)
    chosen.catch(() => this.#pins.delete(database))
    return chosen
  }

  /** The next read chooses anew. Of several that say so of one pin, the first does it. */
  async unpin(database: string, pin: Pin): Promise<void> {
    const known = this.#pins.get(database)
    if (known === undefined || (await known.catch(() => undefined)) !== pin) return
    this.#pins.delete(database)
    // It ends by itself: nobody waits for a server that may be gone.
    pin.snapshot?.close().catch(() => undefined)
  }

  /** Gives back what the request holds. */
  async end(): Promise<void> {
    const pins = [...this.#pins.values()]
    this.#pins.clear()
    await Promise.allSettled(pins.map(async pin => (await pin).snapshot?.close()))
  }
}

/** The request that the running code belongs to. Outside of any, all goes to the writer. */
export const currentScope = new AsyncLocalStorage<RequestScope>()

/**
 * Runs the work of one client request in a scope of its own.
 * @param seen  what the caller has seen: no reader that is behind that is asked
 */
export const inScope = async <T>(
  seen: ConsistencyToken,
  work: (scope: RequestScope) => Promise<T>,
): Promise<T> => {
  const scope = new RequestScope(seen)
  try {
    return await currentScope.run(scope, () => work(scope))
  } finally {
    await scope.end()
  }
}
