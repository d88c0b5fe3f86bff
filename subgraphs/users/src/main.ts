import { readSection } from '@marquee/contract'
import { dataConfig, openDatabase } from '@marquee/data'
import { runSubgraph, subgraphConfig } from '@marquee/subgraph'
import { usersConfig } from './config.ts'
import { usersDefinition } from './users-definition.ts'
import { usersModel } from './users-model.ts'

await runSubgraph(async (sources, { log }) => {
  const config = readSection('users', usersConfig, sources)
  const { secret } = readSection('subgraph', subgraphConfig, sources)
  const database = await openDatabase(readSection('data', dataConfig, sources), usersModel, { log })
  await database.migrate()
  return usersDefinition(database, { ...config, secret })
})
