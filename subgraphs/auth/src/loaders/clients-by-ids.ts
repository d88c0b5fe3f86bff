import type { ShardedDatabase } from '@marquee/data'
import { ApiClient, type ApiClientRow } from '../entities/api-client.ts'
import { keyOfBucket } from '../ids/key-of-bucket.ts'
import { bucketOfClient } from '../ids/time-ordered-id.ts'
import { readOrSearch } from './read-or-search.ts'

/** Clients by UUID, in the order of the ids. Old ids do not say where their client is: every shard is asked. */
export const clientsByIds = (
  database: ShardedDatabase,
  ids: readonly string[],
): Promise<readonly (ApiClientRow | null | Error)[]> =>
  readOrSearch(
    database,
    ids,
    id => {
      const bucket = bucketOfClient(id)
      return bucket === null ? null : keyOfBucket(bucket)
    },
    async (em, some) => {
      const rows = await em.find(ApiClient, { id: { $in: [...some] } })
      return new Map(rows.map(row => [row.id, row]))
    },
  )
