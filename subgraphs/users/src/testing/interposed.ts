import type { EntityManager, ShardedDatabase } from '@marquee/data'

/** One transaction of a database. */
export type Transaction = <T>(owner: string, work: (em: EntityManager) => Promise<T>) => Promise<T>

/** A database whose transactions go through `transaction`: to let them fail, wait, or be followed by something. */
export const interposed = (database: ShardedDatabase, transaction: Transaction): ShardedDatabase =>
  new Proxy(database, {
    get: (target, key) => {
      if (key === 'transaction') return transaction
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
