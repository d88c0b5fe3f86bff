import { readSection } from '@marquee/contract'
import { dataConfig, openShardedDatabase } from '@marquee/data'
import { runSubgraph } from '@marquee/subgraph'
import { authConfig, authDefinition, authModel } from './index.ts'
import { startSweeper } from './upkeep/start-sweeper.ts'

await runSubgraph(async (sources, { log }) => {
  const config = readSection('auth', authConfig, sources)
  const database = await openShardedDatabase(readSection('data', dataConfig, sources), authModel, { log })
  await database.migrate()
  const end = startSweeper(database, { everyMs: config.sweepEveryMs, log })
  return authDefinition(database, config, { log, end })
})
