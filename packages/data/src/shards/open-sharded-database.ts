import type { DataConfig } from '../config.ts'
import type { Log } from '../log.ts'
import type { DomainModel } from '../model.ts'
import { ShardedDatabase } from './sharded-database.ts'

/** Opens the database of a domain on all its shards; on a database that is not sharded, that is one. */
export const openShardedDatabase = (
  _config: DataConfig,
  _model: DomainModel,
  _options: Readonly<{ log?: Log }> = {},
): Promise<ShardedDatabase> => Promise.resolve(new ShardedDatabase())
