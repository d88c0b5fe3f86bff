import { readSection } from '@marquee/contract'
import { dataConfig, openDatabase } from '@marquee/data'
import { runSubgraph } from '@marquee/subgraph'
import { authConfig, authDefinition, authModel } from './index.ts'

await runSubgraph(async (sources, { log }) => {
  const config = readSection('auth', authConfig, sources)
  const database = await openDatabase(readSection('data', dataConfig, sources), authModel, { log })
  await database.migrate()
  return authDefinition(database, config, { log })
})
