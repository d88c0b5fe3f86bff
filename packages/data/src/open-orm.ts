import { LoadStrategy } from '@mikro-orm/core'
import { MikroORM, PostgreSqlDriver } from '@mikro-orm/postgresql'
import { MarqueeError } from '@marquee/contract'
import { PostgresDialect, type PostgresPool } from 'kysely'
import type { DomainModel } from './model.ts'

/** Lets errors of the catalogue through: the ORM would turn each into a DriverException without code or mend. */
class CataloguedDriver extends PostgreSqlDriver {
  protected override rethrow<T>(promise: Promise<T>): Promise<T> {
    return promise.catch((error: unknown) => {
      throw error instanceof MarqueeError ? error : this.convertException(error as Error)
    })
  }
}

export type Orm = MikroORM

let opened = 0

/**
 * An ORM over a pool. The pool sits *under* the ORM, as Kysely's dialect: what chooses a reader or a shard can take
 * its place without a change above.
 */
export const openOrm = (pool: PostgresPool, model: DomainModel, database: string): Orm =>
  new MikroORM({
    driver: CataloguedDriver,
    driverOptions: () => new PostgresDialect({ pool }),
    dbName: database,
    // The ORM finds the transaction around a call by this: of another database it must not find it.
    contextName: `${database} ${(opened += 1)}`,
    entities: [...model.entities],
    discovery: { warnWhenNoEntities: false },
    // One statement per find: a graph read by several could mix two moments.
    loadStrategy: LoadStrategy.JOINED,
    ensureDatabase: false,
    allowGlobalContext: false,
    colors: false,
    // Nothing to say that an error or a statement listener would not say.
    logger: () => undefined,
    metadataCache: { enabled: false },
  })
