import type { Bar } from '../support/report.ts'
import type { Figures } from './measure-case.ts'

/** A figure that is measured once, beside the cases, or why there is none. */
export type Once = Readonly<{ value: number; problem?: string }>

/** Those figures by name. */
export type Extras = Readonly<
  Record<'collectionShare' | 'memoryGrowth' | 'planningStall' | 'readyOverStock' | 'warmOverSmall', Once>
>

/** Case id to the figures of its subjects. */
export type Results = ReadonlyMap<string, readonly Figures[]>

type Figure = 'cpuMs' | 'perOperation'
type Goal = Pick<Bar, 'bar' | 'unit' | 'least' | 'aim' | 'moreIsBetter'>

/** One subject's figure in a case over another's. */
type Ratio = Goal & Readonly<{ case: string; of: Figure; top: string; bottom: string }>

/** CPU of `top` over that of `bottom`: how many times as much `bottom` can do. */
const times = (
  bar: string,
  [id, top, bottom]: readonly [id: string, top: string, bottom: string],
  [least, aim]: readonly [least: number, aim: number],
): Ratio => ({
  bar,
  case: id,
  of: 'cpuMs',
  top,
  bottom,
  unit: 'x',
  least,
  aim,
  moreIsBetter: true,
})

const ratios: readonly Ratio[] = [
  times('heavy, alike: over Apollo', ['alike', 'stock', 'marquee'], [30, 44]),
  times('heavy, alike: over Grafbase', ['alike', 'grafbase', 'marquee'], [2, 3]),
  times('heavy, variables differ: over Apollo', ['variables', 'stock', 'marquee'], [12, 22]),
  times('heavy, variables differ: over Grafbase', ['variables', 'grafbase', 'marquee'], [1.3, 2.2]),
  times('heavy, variables differ: over Hive, router-runtime', ['variables', 'hive-rr', 'marquee'], [5, 10]),
  times('heavy, callers differ: over Apollo', ['callers', 'stock', 'marquee'], [10, 18]),
  {
    ...times('share of the floor, nothing shared', ['alike', 'floor', 'marquee-alone'], [60, 85]),
    unit: '%',
  },
  times('light: coalescing on over off', ['light-50', 'public-uncoalesced', 'public'], [1.5, 2.5]),
  {
    bar: 'subgraph requests per operation there',
    case: 'light-50',
    of: 'perOperation',
    top: 'public',
    bottom: 'public-uncoalesced',
    unit: '%',
    least: 45,
    aim: 10,
  },
  times('1 MB answer: over Apollo', ['megabyte', 'stock', 'marquee'], [2, 6]),
  times('1,000 operation texts, warm: over Apollo', ['texts', 'stock', 'marquee'], [8, 12]),
  times('shallow: over Apollo', ['shallow', 'stock', 'marquee'], [8, 14]),
]

const singles: readonly (Goal & Readonly<{ extra: keyof Extras }>)[] = [
  { bar: 'time in garbage collection', extra: 'collectionShare', unit: '%', least: 12, aim: 6 },
  {
    bar: 'growth of RSS in the second half of a long run',
    extra: 'memoryGrowth',
    unit: '%',
    least: 5,
    aim: 0,
  },
  { bar: 'longest stall, 200 operations planned', extra: 'planningStall', unit: 'ms', least: 10, aim: 3 },
  {
    bar: '100 subgraphs, 2,000 types: ready, over Apollo',
    extra: 'readyOverStock',
    unit: 'x',
    least: 1,
    aim: 2,
    moreIsBetter: true,
  },
  { bar: 'warm operation there, over 5 subgraphs', extra: 'warmOverSmall', unit: 'x', least: 1.1, aim: 1 },
]

const figureOf = (results: Results, id: string, subject: string, of: Figure): Once => {
  const value = Number.NaN
  const figures = results.get(id)
  if (figures === undefined) return { value, problem: `"${id}" was not run` }
  const found = figures.find(one => one.subject.id === subject)
  if (found === undefined) return { value, problem: `${subject} was left out` }
  return 'problem' in found
    ? { value, problem: `${found.subject.name}: ${found.problem}` }
    : { value: found[of] }
}

const judged = ({ bar, unit, least, aim, moreIsBetter }: Goal, { value, problem }: Once): Bar => ({
  bar,
  value,
  unit,
  least,
  aim,
  ...(moreIsBetter !== undefined && { moreIsBetter }),
  ...(problem !== undefined && { note: problem }),
})

/** The bars, in the order of docs/benchmarks.md. What could not be measured is NaN, which misses, and says why. */
export const barsOf = (results: Results, extras: Extras): readonly Bar[] => [
  ...ratios.map(ratio => {
    const top = figureOf(results, ratio.case, ratio.top, ratio.of)
    const bottom = figureOf(results, ratio.case, ratio.bottom, ratio.of)
    const value = (top.value / bottom.value) * (ratio.unit === '%' ? 100 : 1)
    const problem = top.problem ?? bottom.problem
    return judged(ratio, problem === undefined ? { value } : { value, problem })
  }),
  ...singles.map(single => judged(single, extras[single.extra])),
]
