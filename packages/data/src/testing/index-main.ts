// A process that migrates `indexModel` on the database of its argument: for tests, to be killed.
import { dataConfig } from '../config.ts'
import { silent } from '../log.ts'
import { migrateDatabases } from '../migrations/migrate-databases.ts'
import { indexModel } from './index-model.ts'

const { migrations: settings } = dataConfig.parse({})
await migrateDatabases([{ name: 'films', url: process.argv[2] ?? '' }], indexModel, { settings, log: silent })
