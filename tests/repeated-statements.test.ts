import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { anonymous } from '@marquee/contract'
import { Migration, sqlRows, startTestPostgres, type Database, type EntityManager } from '@marquee/data'
import { askSubgraph, serveSubgraph, subgraphConfig, type FieldResolvers } from '@marquee/subgraph'
import DataLoader from 'dataloader'
import { pino } from 'pino'

class CreateNotes extends Migration {
  override up(): void {
    this.addSql('create table note (id int primary key, text text not null)')
    this.addSql(`insert into note select n, 'note ' || n from generate_series(1, 30) as n`)
  }
}

const schema = `
type Query { notes(first: Int!): [Note!]! note(id: Int!): String }
type Note { id: Int! oneByOne: String! batched: String! }`

type Row = Readonly<{ id: number }>
type Loaders = ReturnType<typeof loaders>

const texts = async (em: EntityManager, ids: readonly number[]): Promise<readonly string[]> => {
  const rows = await sqlRows<{ text: string }>(
    em,
    'select text from unnest($1::int[]) with ordinality as asked (id, place) join note using (id) order by place',
    [ids],
  )
  return rows.map(({ text }) => text)
}

const loaders = ({ em }: { em: EntityManager }) => ({
  batched: new DataLoader((ids: readonly number[]) => texts(em, ids)),
  oneByOne: new DataLoader((ids: readonly number[]) => texts(em, ids), { batch: false }),
})

const note: FieldResolvers<Row, { loaders: Loaders }> = {
  batched: (row, _args, context) => context.loaders.batched.load(row.id),
  oneByOne: (row, _args, context) => context.loaders.oneByOne.load(row.id),
}

const secret = 'a secret for tests only'
const lines: Record<string, unknown>[] = []
let database: Database
let stop: () => Promise<void>
let ask: (query: string) => Promise<unknown>
let counted: () => Promise<readonly string[]>

beforeAll(async () => {
  const postgres = await startTestPostgres()
  database = await postgres.database({
    domain: 'notes',
    entities: [],
    migrations: [{ name: '0001-notes', class: CreateNotes }],
  })
  const service = await serveSubgraph(
    {
      name: 'notes',
      schema,
      database,
      loaders,
      resolvers: {
        Query: {
          note: (_source, { id }: { id: number }, context: { loaders: Loaders }) =>
            context.loaders.oneByOne.load(id),
          notes: (_source, { first }: { first: number }) =>
            Array.from({ length: first }, (_item, index) => ({ id: index + 1 })),
        },
        Note: note,
      },
    },
    subgraphConfig.parse({ secret, logLevel: 'warn' }),
    { log: pino({ level: 'warn' }, { write: (line: string) => lines.push(JSON.parse(line)) }) },
  )
  ask = query => askSubgraph(service.url, secret, 'notes', { query }, anonymous)
  counted = async () =>
    (await (await fetch(`${service.origin}/metrics`)).text())
      .split('\n')
      .filter(line => line.startsWith('marquee_subgraph_repeated_statements_total'))
  stop = async () => {
    await service.drain()
    await postgres.stop()
  }
})
afterAll(() => stop())

test('a list whose field does not batch is counted in each request, and told of once, by name', async () => {
  await ask('{ notes(first: 30) { batched } }')
  await ask('{ notes(first: 9) { oneByOne } }')
  await ask(`{ ${Array.from({ length: 12 }, (_item, id) => `n${id}: note(id: ${id + 1})`).join(' ')} }`)
  expect(await counted()).toEqual([])
  await ask('{ notes(first: 30) { some: oneByOne } }')
  await ask('{ notes(first: 10) { oneByOne batched } }')
  expect(await counted()).toEqual([
    'marquee_subgraph_repeated_statements_total{field="Note.oneByOne",subgraph="notes"} 2',
  ])
  expect(lines).toMatchObject([{ field: 'Note.oneByOne', loader: 'oneByOne', times: 10 }])
})
