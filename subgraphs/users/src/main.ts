import { readSection } from '@marquee/contract'
import { dataConfig, openShardedDatabase } from '@marquee/data'
import { runSubgraph, subgraphConfig } from '@marquee/subgraph'
import { usersConfig } from './config.ts'
import { startSweeper } from './upkeep/start-sweeper.ts'
import { usersDefinition } from './users-definition.ts'
import { usersModel } from './users-model.ts'

await runSubgraph(async (sources, { log }) => {
  const config = readSection('users', usersConfig, sources)
  const { secret } = readSection('subgraph', subgraphConfig, sources)
  const database = await openShardedDatabase(readSection('data', dataConfig, sources), usersModel, { log })
  await database.migrate()
  const endSweeper = startSweeper(database, { everyMs: config.sweepEveryMs, log })
  return usersDefinition(database, { ...config, secret }, endSweeper)
})
