import {
  distinct,
  heavy,
  heavySeeded,
  light,
  megabyte,
  mutation,
  shallow,
  type Operation,
} from './operations.ts'

/** What is asked of whom. */
export type Case = Readonly<{
  id: string
  name: string
  /** They take turns. */
  operations: readonly Operation[]
  /** Subjects, by id. Those in `judged` stand in a bar; the others are left out with `--quick`. */
  judged: readonly string[]
  shown: readonly string[]
  connections: number
  /** A header that makes each request another caller's. */
  isPersonal?: boolean
  /** One in so many subgraph answers takes 50 ms. */
  slowEvery?: number
}>

const everybody = ['marquee', 'stock', 'hive', 'hive-rr', 'mercurius', 'grafbase']

const lightCases = [5, 50, 200].map((connections): Case => ({
  id: `light-${connections}`,
  name: `light, variables differ, ${connections} connections`,
  operations: [light],
  judged: connections === 50 ? ['public', 'public-uncoalesced'] : [],
  shown: ['public', 'public-uncoalesced', 'stock', 'hive-rr', 'grafbase'],
  connections,
}))

/** @param texts  how many operations "distinct texts" has */
export const cases = (texts: number): readonly Case[] => [
  {
    id: 'alike',
    name: 'heavy, all requests alike',
    operations: [heavy],
    judged: ['marquee', 'marquee-alone', 'stock', 'hive', 'hive-rr', 'mercurius', 'grafbase', 'floor'],
    shown: ['marquee-unshared', 'marquee-uncoalesced', 'floor-shared', 'floor-stock'],
    connections: 50,
  },
  {
    id: 'variables',
    name: 'heavy, variables differ in each request',
    operations: [heavySeeded],
    judged: ['marquee', 'stock', 'hive-rr', 'grafbase'],
    shown: [...everybody, 'marquee-uncoalesced'],
    connections: 50,
  },
  {
    id: 'callers',
    name: 'heavy, another caller and other variables in each request, nothing public',
    operations: [heavySeeded],
    judged: ['marquee', 'stock'],
    shown: ['hive-rr', 'grafbase'],
    connections: 50,
    isPersonal: true,
  },
  ...lightCases,
  {
    id: 'megabyte',
    name: 'an answer of 1 MB',
    operations: [megabyte],
    judged: ['marquee', 'stock'],
    shown: everybody,
    connections: 50,
  },
  {
    id: 'texts',
    name: `${texts} operation texts, warm`,
    operations: distinct(texts, 'a'),
    judged: ['marquee', 'stock'],
    shown: everybody,
    connections: 50,
  },
  {
    id: 'shallow',
    name: 'shallow, variables differ in each request',
    operations: [shallow],
    judged: ['marquee', 'stock'],
    shown: everybody,
    connections: 50,
  },
  {
    id: 'mutation',
    name: 'a mutation',
    operations: [mutation],
    judged: [],
    shown: everybody,
    connections: 50,
  },
  {
    id: 'slow',
    name: 'heavy, variables differ, one subgraph answer in 20 takes 50 ms',
    operations: [heavySeeded],
    judged: [],
    shown: everybody,
    connections: 50,
    slowEvery: 20,
  },
]
