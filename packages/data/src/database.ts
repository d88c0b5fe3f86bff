import type { EntityManager } from '@mikro-orm/postgresql'
import type { ConsistencyToken } from '@marquee/contract'
import type { Statement } from './bounded-pool.ts'
import { checkHealth, type Health } from './health.ts'
import type { DomainModel } from './model.ts'
import { openOrm, type Orm } from './open-orm.ts'
import type { ReplicaSet } from './routing/replica-set.ts'
import { inScope, type RequestScope } from './routing/request-scope.ts'
import { routedPool } from './routing/routed-pool.ts'
import { withTags } from './statement-tags.ts'

export type StatementListener = (statement: Statement) => void

/** The parts of a Database, made by `openDatabase`. */
export type DatabaseParts = Readonly<{
  model: DomainModel
  name: string
  set: ReplicaSet
  listeners: Set<StatementListener>
  migrate: () => Promise<readonly string[]>
  /** What is done from time to time while it is open. */
  upkeep: NodeJS.Timeout
  /** Ends what finds its servers. */
  stop: () => void
}>

/**
 * One domain's data. Subgraphs ask for it by domain and know neither servers nor connections.
 * Every method that touches the server may throw DATABASE_UNAVAILABLE or DEADLINE_EXCEEDED; after a restart of the
 * server later calls work again.
 */
export class Database {
  readonly domain: string
  readonly #parts: DatabaseParts
  readonly #orm: Orm

  constructor(parts: DatabaseParts) {
    this.domain = parts.model.domain
    this.#parts = parts
    this.#orm = openOrm(routedPool(parts.set), parts.model, parts.name)
  }

  /** A fresh EntityManager with an identity map of its own: one per request. */
  fork(): EntityManager {
    return this.#orm.em.fork()
  }

  /** Runs `work` in one transaction on the writer. Commits when it resolves, rolls back when it rejects. */
  transaction<T>(work: (em: EntityManager) => Promise<T>): Promise<T> {
    return this.fork().transactional(em => work(em))
  }

  /** Applies the pending migrations. Safe when several processes do it at once. @returns what this call applied */
  migrate(): Promise<readonly string[]> {
    return this.#parts.migrate()
  }

  /**
   * Runs the work of one client request. Its reads go to a reader once the scope says so (`reads`); without one, all
   * goes to the writer. Where several statements make the answer (`isGraph`) they see one moment.
   * @param seen  what the caller has seen: no reader that is behind that is asked
   * @param work  gets the scope, whose `wrote` is what the caller has seen afterwards
   */
  inRequest<T>(seen: ConsistencyToken, work: (scope: RequestScope) => Promise<T>): Promise<T> {
    return inScope(seen, work)
  }

  /** Whether the writer answers, within a second; never rejects. */
  health(): Promise<Health> {
    return checkHealth(this.#parts.set.writer()?.writes)
  }

  /** Calls `listener` after each SQL statement of this database, except transaction control. */
  onStatement(listener: StatementListener): void {
    this.#parts.listeners.add(listener)
  }

  /** Runs `work` with the names of its field and loader on each statement that it causes. */
  readonly withTags = withTags

  /** Waits for statements in progress, then closes every connection. May be called twice. */
  async close(): Promise<void> {
    clearInterval(this.#parts.upkeep)
    this.#parts.stop()
    await this.#orm.close(true)
    await this.#parts.set.close()
  }
}
