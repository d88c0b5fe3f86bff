import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { parse } from 'graphql'
import { apolloBench } from './apollo-bench.ts'
import { casesOfFailures } from './cases-failures.ts'
import { casesOfNames } from './cases-names.ts'
import { casesOfTraps } from './cases-traps.ts'
import { casesOfTypes } from './cases-types.ts'
import { casesOfUnions } from './cases-unions.ts'
import { casesOfValues } from './cases-values.ts'
import { handWritten, type NamedCase, type NamedFederation } from './hand-written.ts'
import { marqueeBench } from './marquee-bench.ts'
import { outcomeOf, type Bench, type OpenBench } from './run-case.ts'

// What an executor of Apollo's plans gets wrong easily; each was wrong somewhere once.

const ask = async ({ subject }: Bench, { query, variables = {} }: NamedCase): Promise<unknown> => {
  const document = parse(query)
  const { data, errors } = await outcomeOf(() => subject({ document, text: query, variables }))
  const places = errors.map(({ message, path }) => path?.join('.') ?? message)
  return { data: JSON.stringify(data), errors: [...new Set(places)].toSorted() }
}

const wanted = ({ data, errors = [] }: NamedCase): unknown => ({
  data: JSON.stringify(data),
  errors: errors.toSorted(),
})

const withBench = (federation: NamedFederation, open: OpenBench): (() => Bench) => {
  let bench: Bench
  beforeAll(async () => {
    bench = await open(handWritten(federation.subgraphs))
  })
  afterAll(() => bench.close())
  return () => bench
}

const federations = [
  ...casesOfNames,
  ...casesOfTypes,
  ...casesOfUnions,
  ...casesOfValues,
  ...casesOfTraps,
  ...casesOfFailures,
]

/** Once a wrong one is right, its mark has to go. */
const testCases = (
  cases: readonly NamedCase[],
  isWrong: (named: NamedCase) => boolean,
  bench: () => Bench,
): void => {
  for (const named of cases) {
    if (isWrong(named)) {
      test(`is wrong: ${named.name}`, async () => {
        expect(await ask(bench(), named)).not.toEqual(wanted(named))
      })
    } else {
      test(named.name, async () => {
        expect(await ask(bench(), named)).toEqual(wanted(named))
      })
    }
  }
}

describe.each(federations)('Marquee: $title', federation => {
  const bench = withBench(federation, marqueeBench)
  testCases(federation.cases, named => named.marqueeIsWrong === true, bench)
})

describe.each(federations.filter(({ stockRefuses }) => stockRefuses !== true))(
  'the stock executor: $title',
  federation => {
    const bench = withBench(federation, apolloBench)
    testCases(federation.cases, named => named.stockIsWrong === true, bench)
  },
)
