import type { Bar } from '../support/report.ts'
import type { Figures } from './measure-case.ts'

/** What is measured once, beside the cases. NaN where it could not be. */
export type Extras = Readonly<
  Record<'collectionShare' | 'memoryGrowth' | 'planningStall' | 'readyOverStock' | 'warmOverSmall', number>
>

/** Case id to the figures of its subjects. */
export type Results = ReadonlyMap<string, readonly Figures[]>

type Figure = 'cpuMs' | 'perOperation'

const figure = (results: Results, id: string, subject: string, of: Figure): number => {
  const found = results.get(id)?.find(one => one.subject.id === subject)
  return found === undefined || 'problem' in found ? Number.NaN : found[of]
}

/** The bars, in the order of the table in docs/benchmarks.md. A value that could not be measured is NaN: missed. */
export const barsOf = (results: Results, extras: Extras): readonly Bar[] => {
  const cpuOver = (id: string, other: string, subject = 'marquee'): number =>
    figure(results, id, other, 'cpuMs') / figure(results, id, subject, 'cpuMs')
  const times = (bar: string, value: number, least: number, aim: number): Bar => ({
    bar,
    value,
    unit: 'x',
    least,
    aim,
    moreIsBetter: true,
  })
  const perOperation = (subject: string): number => figure(results, 'light-50', subject, 'perOperation')
  const { collectionShare, memoryGrowth, planningStall, readyOverStock, warmOverSmall } = extras
  return [
    times('heavy, alike: over Apollo', cpuOver('alike', 'stock'), 30, 44),
    times('heavy, alike: over Grafbase', cpuOver('alike', 'grafbase'), 2, 3),
    times('heavy, variables differ: over Apollo', cpuOver('variables', 'stock'), 12, 22),
    times('heavy, variables differ: over Grafbase', cpuOver('variables', 'grafbase'), 1.3, 2.2),
    times('heavy, variables differ: over Hive on router-runtime', cpuOver('variables', 'hive-rr'), 5, 10),
    times('heavy, callers differ: over Apollo', cpuOver('callers', 'stock'), 10, 18),
    {
      bar: 'share of the floor, sharing and coalescing off',
      value: 100 * cpuOver('alike', 'floor', 'marquee-alone'),
      unit: '%',
      least: 60,
      aim: 85,
      moreIsBetter: true,
    },
    times(
      'light, 50 connections: coalescing on over off',
      cpuOver('light-50', 'public-uncoalesced', 'public'),
      1.5,
      2.5,
    ),
    {
      bar: 'subgraph requests per operation there, on of off',
      value: (100 * perOperation('public')) / perOperation('public-uncoalesced'),
      unit: '%',
      least: 45,
      aim: 10,
    },
    times('1 MB answer: over Apollo', cpuOver('megabyte', 'stock'), 2, 6),
    times('1,000 operation texts, warm: over Apollo', cpuOver('texts', 'stock'), 8, 12),
    times('shallow: over Apollo', cpuOver('shallow', 'stock'), 8, 14),
    { bar: 'time in garbage collection', value: collectionShare, unit: '%', least: 12, aim: 6 },
    {
      bar: 'growth of RSS in the second half of a long run',
      value: memoryGrowth,
      unit: '%',
      least: 5,
      aim: 0,
    },
    {
      bar: 'longest stall while 200 operations are planned',
      value: planningStall,
      unit: 'ms',
      least: 10,
      aim: 3,
    },
    times('100 subgraphs, 2,000 types: ready, over Apollo', readyOverStock, 1, 2),
    { bar: 'warm operation there, over 5 subgraphs', value: warmOverSmall, unit: 'x', least: 1.1, aim: 1 },
  ]
}
