import { randomUUID } from 'node:crypto'
import { anonymous, encodeId, type Identity } from '@marquee/contract'
import { sqlRows, startTestPostgres, type Database } from '@marquee/data'
import { askSubgraph, serveSubgraph, subgraphConfig, type SubgraphAnswer } from '@marquee/subgraph'
import { moviesDefinition } from '../definition.ts'
import { bundledFilms } from '../import/bundled-films.ts'
import { importMovies } from '../import/import-movies.ts'
import { moviesModel } from '../model.ts'

const secret = 'a secret for tests only'

/** A signed-in user with an id of its own. */
export const someUser = (...scopes: string[]): Identity & { subject: string } => ({
  ...anonymous,
  subject: encodeId('User', randomUUID()),
  scopes,
  tier: 'user',
})

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- as `askSubgraph`: the test says what it asked for
type Ask = <Data = Record<string, never>>(
  query: string,
  variables?: Readonly<Record<string, unknown>>,
  identity?: Identity,
) => Promise<SubgraphAnswer<Data>>

export type ServedMovies = Readonly<{
  database: Database
  /** Address of its database. */
  databaseUrl: string
  ask: Ask
  /** What `work` ran, statement by statement. */
  statementsOf: (work: () => Promise<unknown>) => Promise<readonly string[]>
  stop: () => Promise<void>
}>

/** The subgraph as a process would run it, over a PostgreSQL of its own that holds the bundled films. */
export const serveMovies = async (): Promise<ServedMovies> => {
  const postgres = await startTestPostgres()
  const database = await postgres.database(moviesModel)
  await importMovies({ database, source: bundledFilms() })
  const config = subgraphConfig.parse({ secret, logLevel: 'silent' })
  const service = await serveSubgraph(moviesDefinition(database), config)
  const [name] = await sqlRows<{ name: string }>(database.fork(), 'select current_database() as name')
  let statements: string[] = []
  database.onStatement(({ sql }) => statements.push(sql))
  return {
    database,
    databaseUrl: postgres.server.url(name?.name ?? ''),
    ask: (query, variables = {}, identity = anonymous) =>
      askSubgraph(service.url, secret, 'movies', { query, variables }, identity),
    statementsOf: async work => {
      statements = []
      await work()
      return statements
    },
    stop: async () => {
      await service.drain()
      await postgres.stop()
    },
  }
}

/** The only error of an answer, by code. */
export const codeOf = (answer: SubgraphAnswer<unknown>): string | undefined =>
  answer.errors?.length === 1 ? answer.errors[0]?.extensions.code : undefined
