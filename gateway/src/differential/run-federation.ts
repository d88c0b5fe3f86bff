import { parse } from 'graphql'
import { breakageOf } from './broken-answers.ts'
import type { Federation } from './generate-federation.ts'
import { generateOperation, type ClientOperation } from './generate-operation.ts'
import { kindOf, noTrouble, runCase, type Bench, type Trouble, type Verdict } from './run-case.ts'
import { shrink } from './shrink.ts'

export type RunOptions = Readonly<{
  operations: number
  /** Of the first operation; the others follow. */
  seed: number
  /** Let fields and answers fail in two operations of three. */
  faults: boolean
  /** No aliases and variables that are called like what the planner makes up. */
  tame: boolean
  /** Differences of each kind that are made small. */
  shrunk: number
}>

export type Difference = Verdict & Readonly<{ kind: string; operationSeed: number; trouble: string }>

const troubleOf = ({ model }: Federation, seed: number): readonly [Trouble, string] => {
  if (seed % 3 === 0) return [noTrouble, 'none']
  if (seed % 3 === 1) return [{ kind: 'fields', plan: { seed, share: 0.15 } }, `fields fail, seed ${seed}`]
  const breakage = breakageOf(model.subgraphs, seed)
  return [{ kind: 'answers', breakage }, breakage.title]
}

/** The smallest operation that still shows the same kind of difference. */
const smallest = async (
  federation: Federation,
  bench: Bench,
  found: Verdict,
  trouble: Trouble,
): Promise<Verdict> => {
  const kind = kindOf(found)
  const run = (operation: ClientOperation) =>
    runCase(federation, bench, { ...operation, document: parse(operation.text) }, trouble)
  const small = await shrink(federation.apiSchema, found.operation, async candidate => {
    const verdict = await run(candidate)
    return verdict !== undefined && kindOf(verdict) === kind
  })
  return (await run(small)) ?? found
}

/** Runs random operations before one bench. @returns where the two sides differ */
export const runFederation = async (
  federation: Federation,
  bench: Bench,
  options: RunOptions,
): Promise<readonly Difference[]> => {
  const differences: Difference[] = []
  const ofKind = new Map<string, number>()
  for (let at = 0; at < options.operations; at += 1) {
    const operationSeed = options.seed + at
    const names = options.tame ? [] : federation.plannerNames
    const operation = generateOperation(federation.apiSchema, names, operationSeed)
    const [trouble, title] = options.faults ? troubleOf(federation, operationSeed) : [noTrouble, 'none']
    const verdict = await runCase(federation, bench, operation, trouble)
    if (verdict === undefined) continue
    const kind = kindOf(verdict)
    const before = ofKind.get(kind) ?? 0
    ofKind.set(kind, before + 1)
    const shown = before < options.shrunk ? await smallest(federation, bench, verdict, trouble) : verdict
    differences.push({ ...shown, kind, operationSeed, trouble: title })
  }
  return differences
}

/** A difference for a person to read. */
export const describeDifference = (federation: Federation, difference: Difference): string =>
  [
    `[${difference.kind}] supergraph ${federation.seed}, operation ${difference.operationSeed}, trouble: ${difference.trouble}`,
    difference.problem,
    difference.operation.text,
    `variables ${JSON.stringify(difference.operation.variables)}`,
    ...[...new Set(difference.refusals)].slice(0, 3),
    `expected ${JSON.stringify(difference.expected).slice(0, 2000)}`,
    `actual   ${JSON.stringify(difference.actual).slice(0, 2000)}`,
  ].join('\n')
