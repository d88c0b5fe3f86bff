import { dataConfig, openDatabase, type EntityManager } from '@marquee/data'
import { moviesModel } from '@marquee/movies'
import { MovieEntity } from '../../subgraphs/movies/src/entities/movie.ts'
import { openPlainOrm } from './plain-orm.ts'

// One side of the routing's cost, in a process of its own: two ORMs in one process would share classes, and each would
// make the other's code slower. Arguments: `plain` or `routed`, and the database's address. A message { name, ids, count }
// is answered with the CPU of each read, in µs.

const [side = '', url = ''] = process.argv.slice(2)
const lines = 4

export type Order = Readonly<{ name: keyof typeof reads; ids: readonly string[]; count: number }>

const reads = {
  'em.findOne by id': (em: EntityManager, ids: readonly string[], turn: number): Promise<unknown> =>
    em.findOne(MovieEntity, ids[(turn * 7) % ids.length] ?? ''),
  'em.find of 20': (em: EntityManager, ids: readonly string[], turn: number): Promise<unknown> =>
    em.find(
      MovieEntity,
      { id: { $gt: ids[(turn * 7) % (ids.length - 20)] ?? '' } },
      { limit: 20, orderBy: { id: 'asc' } },
    ),
}

type Run = (read: (em: EntityManager) => Promise<unknown>) => Promise<unknown>

const openSide = async (): Promise<Run> => {
  if (side === 'plain') {
    const orm = openPlainOrm(url, [MovieEntity])
    return read => read(orm.em.fork())
  }
  const database = await openDatabase(
    dataConfig.parse({ databases: { movies: { writer: url } } }),
    moviesModel,
  )
  // As a query with one such field reads.
  return read =>
    database.inRequest({}, scope => {
      scope.reads = 'reader'
      scope.isGraph = false
      return read(database.fork())
    })
}

const run = await openSide()

const cpuPerRead = async ({ name, ids, count }: Order): Promise<number> => {
  const before = process.cpuUsage()
  let next = 0
  await Promise.all(
    Array.from({ length: lines }, async () => {
      while (next < count) {
        const turn = (next += 1)
        await run(em => reads[name](em, ids, turn))
      }
    }),
  )
  const { user, system } = process.cpuUsage(before)
  return (user + system) / count
}

process.on('message', (order: Order) => {
  cpuPerRead(order).then(
    microseconds => process.send?.({ microseconds }),
    (error: unknown) => process.send?.({ problem: String(error) }),
  )
})
process.on('disconnect', () => process.exit(0))
process.send?.({ ready: true })
