import { boundedPool } from '../bounded-pool.ts'
import type { DataConfig } from '../config.ts'
import type { Log } from '../log.ts'
import type { DomainModel } from '../model.ts'
import { openOrm } from '../open-orm.ts'
import type { ServerAddress } from '../server-address.ts'
import { keepPartitions } from './keep-partitions.ts'

/** Keeps the partitions of one database over connections of its own: it may take longer than any request may. */
export const lookAfterPartitions = async (
  address: ServerAddress,
  model: DomainModel,
  config: DataConfig,
  log: Log,
): Promise<void> => {
  const settings = {
    ...address,
    applicationName: `marquee-${model.domain}-migrate`,
    max: 2,
    idleTimeoutMs: config.pool.idleTimeoutMs,
    acquireTimeoutMs: config.pool.acquireTimeoutMs,
    statementTimeoutMs: 0,
    lockTimeoutMs: 0,
    idleInTransactionTimeoutMs: 0,
  }
  const own = openOrm(
    boundedPool(settings, log, () => undefined),
    model,
    decodeURIComponent(new URL(address.url).pathname.slice(1)),
  )
  try {
    await keepPartitions(() => own.em.fork(), config.partitions, log)
  } finally {
    await own.close(true)
  }
}
