import { Migration } from '@mikro-orm/migrations'
import { expect, test } from '@jest/globals'
import pg from 'pg'
import { dataConfig } from '../config.ts'
import type { DomainModel } from '../model.ts'
import { replicaSetsOf } from '../topology-config.ts'
import { noteModel } from '../testing/note-model.ts'
import { startTestPostgres } from '../testing/start-test-postgres.ts'
import { openShardedDatabase } from './open-sharded-database.ts'

class Rewrite extends Migration {
  override up(): void {
    this.addSql('alter table note alter column id type bigint')
  }
}

test('a start that would rewrite a big table on one shard does nothing on any', async () => {
  const postgres = await startTestPostgres()
  const { migrations } = dataConfig.parse({ migrations: { bigTableRows: 1000 } })
  const config = await postgres.shardedConfigFor('notes', ['s1', 's2'], { migrations })
  const migrate = async (model: DomainModel): Promise<readonly string[]> => {
    const database = await openShardedDatabase(config, model)
    try {
      return await database.migrate()
    } finally {
      await database.close()
    }
  }
  try {
    await migrate(noteModel)
    const [key = ''] = Object.keys(config.databases)
    const [first, second] = replicaSetsOf(key, config.databases[key]!)
    const rowsOn = async (url: string, sql: string): Promise<readonly object[]> => {
      const client = new pg.Client({ connectionString: url })
      await client.connect()
      try {
        return (await client.query<object>(sql)).rows
      } finally {
        await client.end()
      }
    }
    await rowsOn(
      second!.writer,
      `alter table note disable trigger all;
       insert into note (id, bucket, owner, text) select n, 1023, 'x', 'x' from generate_series(1, 3000) n;
       alter table note enable trigger all; analyze note`,
    )
    const rewriting = {
      ...noteModel,
      migrations: [...noteModel.migrations, { name: '0002-rewrite', class: Rewrite }],
    }
    await expect(migrate(rewriting)).rejects.toMatchObject({
      code: 'MIGRATION_RISKY',
      message: expect.stringMatching(/0002-rewrite of .*\/s2 is refused: it rewrites note/),
    })
    expect(await rowsOn(first!.writer, `select 1 from migrations where name = '0002-rewrite'`)).toEqual([])
  } finally {
    await postgres.stop()
  }
}, 60_000)
