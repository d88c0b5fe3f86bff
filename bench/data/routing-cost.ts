import { MovieEntity } from '../../subgraphs/movies/src/entities/movie.ts'
import { median } from '../support/report.ts'
import type { Films } from './films.ts'
import { openPlainOrm } from './plain-orm.ts'
import { interleave, type CaseResult } from './result.ts'
import type { EntityManager } from '@mikro-orm/postgresql'

const lines = 4

type Read = (em: EntityManager, turn: number) => Promise<unknown>

/** CPU of this process for each read, in µs. */
const cpuPerRead = async (reads: number, read: (turn: number) => Promise<unknown>): Promise<number> => {
  globalThis.gc?.()
  const before = process.cpuUsage()
  let next = 0
  await Promise.all(
    Array.from({ length: lines }, async () => {
      while (next < reads) await read((next += 1))
    }),
  )
  const { user, system } = process.cpuUsage(before)
  return (user + system) / reads
}

/** What the routing adds to a read of one database, in CPU of the client: as a query with one such field reads. */
export const routingCost = async ({ database, url, ids }: Films, quick: boolean): Promise<CaseResult> => {
  const orm = openPlainOrm(url, [MovieEntity])
  const reads: Readonly<Record<string, readonly [count: number, read: Read]>> = {
    'em.findOne by id': [
      quick ? 500 : 2000,
      (em, turn) => em.findOne(MovieEntity, ids[(turn * 7) % ids.length] ?? ''),
    ],
    'em.find of 20': [
      quick ? 100 : 500,
      (em, turn) =>
        em.find(
          MovieEntity,
          { id: { $gt: ids[(turn * 7) % (ids.length - 20)] ?? '' } },
          { limit: 20, orderBy: { id: 'asc' } },
        ),
    ],
  }
  const rounds = quick ? 6 : 30
  const rows: Record<string, string | number>[] = []
  const shares: number[] = []
  try {
    for (const [name, [count, read]] of Object.entries(reads)) {
      const plain = (): Promise<number> => cpuPerRead(count, turn => read(orm.em.fork(), turn))
      const routed = (): Promise<number> =>
        cpuPerRead(count, turn =>
          database.inRequest({}, scope => {
            scope.reads = 'reader'
            scope.isGraph = false
            return read(database.fork(), turn)
          }),
        )
      // Once for the compiler of JavaScript.
      await interleave(quick ? 1 : 3, plain, routed)
      const figures = await interleave(rounds, plain, routed)
      const share = (median(figures.map(({ one, other }) => other / one)) - 1) * 100
      shares.push(share)
      rows.push({
        read: name,
        'plain MikroORM, µs': Math.round(median(figures.map(({ one }) => one))),
        'routed, µs': Math.round(median(figures.map(({ other }) => other))),
        'more, %': share.toFixed(1),
      })
    }
  } finally {
    await orm.close(true)
  }
  return {
    title: 'CPU of one read, routed and not',
    rows,
    bars: Object.keys(reads).map((name, index) => ({
      bar: `routing over plain MikroORM, one database, ${name}: CPU`,
      value: shares[index] ?? Number.NaN,
      unit: '%',
      least: 5,
      aim: 2,
    })),
  }
}
