import type { PostgresPool, PostgresPoolClient } from 'kysely'
import type { ReplicaSet } from './replica-set.ts'
import { currentScope } from './request-scope.ts'
import { readInScope } from './read-in-scope.ts'
import { isBegin, isCommit, isRead, isReadOnlyBegin, isRollback } from './statement-kind.ts'
import { beginOn, commit, runOnWriter } from './run-on-writer.ts'

/**
 * What the ORM takes for one connection. Which server it leads to is decided by the first statement: only then it is
 * known what is wanted. Outside of a transaction each statement finds its own.
 */
class RoutedClient {
  readonly #set: ReplicaSet
  #transaction: PostgresPoolClient | undefined

  constructor(set: ReplicaSet) {
    this.#set = set
  }

  async query(sql: string, values: readonly unknown[] = []): Promise<unknown> {
    const scope = currentScope.getStore()
    const transaction = this.#transaction
    if (transaction !== undefined) {
      if (!isCommit(sql)) {
        const result = await transaction.query(sql, values)
        if (isRollback(sql)) this.release()
        return result
      }
      await commit(transaction, this.#set.database, scope)
      this.release()
      return { command: 'COMMIT', rowCount: 0, rows: [] }
    }
    if (isBegin(sql)) {
      this.#transaction = await beginOn(this.#set, sql, isReadOnlyBegin(sql) ? scope : undefined)
      return { command: 'BEGIN', rowCount: 0, rows: [] }
    }
    return scope?.readsFromReaders(this.#set.database) === true && isRead(sql)
      ? readInScope(this.#set, scope, sql, values)
      : runOnWriter(this.#set, scope, sql, values)
  }

  release(): void {
    this.#transaction?.release()
    this.#transaction = undefined
  }
}

/** The pool that the ORM gets: see RoutedClient. Ending it ends no server's connections: whoever opened the set does. */
export const routedPool = (set: ReplicaSet): PostgresPool => ({
  options: {},
  connect: () => Promise.resolve(new RoutedClient(set) as unknown as PostgresPoolClient),
  end: () => Promise.resolve(),
})
