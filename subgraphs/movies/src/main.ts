import { readSection } from '@marquee/contract'
import { dataConfig, openDatabase } from '@marquee/data'
import { runSubgraph } from '@marquee/subgraph'
import { moviesDefinition } from './definition.ts'
import { moviesModel } from './model.ts'

await runSubgraph(async (sources, { log }) => {
  const database = await openDatabase(readSection('data', dataConfig, sources), moviesModel, { log })
  await database.migrate()
  return moviesDefinition(database)
})
