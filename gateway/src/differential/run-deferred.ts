import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { Kind, OperationTypeNode, parse, print, validate } from 'graphql'
import { gatewayConfig } from '../config.ts'
import { deferRules } from '../documents/defer-rules.ts'
import { marqueeExecutor } from '../executor/marquee-executor.ts'
import { fetchRunner } from '../fleet/run-fetches.ts'
import { startPlanner } from '../planner/planner-pool.ts'
import { readSupergraph } from '../supergraph/read-supergraph.ts'
import { mergedParts, withDefers } from './deferred-answers.ts'
import { fieldFaults } from './faults.ts'
import type { Federation } from './generate-federation.ts'
import { generateOperation } from './generate-operation.ts'
import { newExecution } from './graph-data.ts'
import { inProcess, newTurn } from './in-process.ts'
import { random } from './random.ts'
import { fetchContext } from './subject.ts'

export type DeferredDifference = Readonly<{ seed: number; text: string; problem: string }>
export type DeferredRuns = Readonly<{
  differences: readonly DeferredDifference[]
  /** How many were answered in parts. */
  inParts: number
  asWhole: number
}>

/**
 * Answers random queries with `@defer` in parts, and compares with their answers as a whole.
 * @param faults  let fields fail: then only the rules of the formats are looked at
 */
export const runDeferred = async (
  federation: Federation,
  { operations, seed, faults }: Readonly<{ operations: number; seed: number; faults: boolean }>,
): Promise<DeferredRuns> => {
  const turn = newTurn()
  const config = gatewayConfig.parse({ planner: { maxPaths: 5000 } })
  const supergraph = readSupergraph(federation.supergraphSdl, { defer: true })
  const planner = await startPlanner(supergraph.plannerSdl, config.planner)
  const runFetches = fetchRunner({ config, send: inProcess(federation, turn) })
  const executor = marqueeExecutor({ config, supergraph, planner, runFetches })
  const differences: DeferredDifference[] = []
  let inParts = 0
  let asWhole = 0
  const execution = (at: number) =>
    newExecution(faults ? fieldFaults(federation.model, { seed: at, share: 0.15 }, 'subgraphs') : undefined)

  const compare = async (at: number): Promise<void> => {
    const plain = generateOperation(federation.apiSchema, federation.plannerNames, at)
    const rng = random(at)
    const document = parse(print(withDefers(plain.document, rng, 0.1 + rng.int(4) / 10)))
    const definition = document.definitions.find(node => node.kind === Kind.OPERATION_DEFINITION)
    if (definition?.operation !== OperationTypeNode.QUERY) return
    if (validate(supergraph.apiSchema, document, deferRules).length > 0) return
    const text = print(document)
    const hash = createHash('sha256').update(text).digest('hex')
    const operation = {
      document,
      definition,
      text,
      hash,
      name: definition.name?.value,
      variables: plain.variables,
    }
    const fail = (problem: string): void => {
      differences.push({ seed: at, text: `${text}\n${JSON.stringify(plain.variables)}`, problem })
    }
    try {
      turn.execution = execution(at)
      const whole = await executor.execute(operation, fetchContext())
      turn.execution = execution(at)
      const result = await executor.executeIncrementally?.(operation, fetchContext())
      if (result === undefined) return
      if (result.updates === undefined) asWhole += 1
      else inParts += 1
      for (const merged of await mergedParts(result)) {
        if (faults) {
          if (merged.errors.length === 0 && whole.errors.length > 0) fail('an error is missing')
          continue
        }
        const expected: unknown = JSON.parse(String(whole.data))
        if (whole.errors.length > 0) continue
        if (!isDeepStrictEqual(merged.data, expected)) {
          fail(`expected ${String(whole.data)}\nmerged   ${JSON.stringify(merged)}`)
        } else if (merged.errors.length > 0) fail(`errors ${JSON.stringify(merged.errors)}`)
      }
    } catch (error) {
      fail(String((error as Error).stack))
    }
  }
  for (let at = seed; at < seed + operations; at += 1) await compare(at)
  await planner.close()
  return { differences, inParts, asWhole }
}
