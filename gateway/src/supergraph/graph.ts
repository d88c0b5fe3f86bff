import { createHash } from 'node:crypto'
import { MarqueeError } from '@marquee/contract'
import type { GatewayConfig } from '../config.ts'
import type { ReportExcess } from '../documents/document-limits.ts'
import { documentStore, type DocumentStore } from '../documents/document-store.ts'
import type { Executor } from '../executor/executor.ts'
import type { SenderFor } from '../fleet/send-query.ts'
import { openEngine, type Engine } from './open-engine.ts'
import { warmGraph } from './warm-graph.ts'

/**
 * One supergraph, ready to answer, with everything that is true for it alone. Requests that began on one stay on it
 * while a new one takes its place.
 */
export type Graph = Readonly<{
  /** SHA-256 of the SDL, in hex. */
  id: string
  executor: Executor
  documents: DocumentStore
  /** Marquee's own engine, unless the stock one executes. */
  engine: Engine | undefined
}>

export type BuildOptions = Readonly<{
  /** The graph whose place it takes: what that one was asked most is planned first. */
  before?: Graph
  /** A graph was built from the same SDL before. */
  isKnownValid?: boolean
}>

export type BuildGraph = (sdl: string, options?: BuildOptions) => Promise<Graph>

/** The first line of what is wrong, short enough to read in a log. */
const reasonOf = (error: unknown): string =>
  ((error as Error).message ?? String(error)).split('\n').slice(0, 3).join(' ').slice(0, 500)

export const supergraphId = (sdl: string): string => createHash('sha256').update(sdl).digest('hex')

const openExecutor = async (
  sdl: string,
  config: GatewayConfig,
  senderFor: SenderFor,
  isKnownValid: boolean,
): Promise<Readonly<{ executor: Executor; engine: Engine | undefined }>> => {
  if (config.engine === 'marquee') {
    const engine = await openEngine(sdl, config, senderFor, isKnownValid)
    return { executor: engine, engine }
  }
  // Loaded when it is chosen: the library is large.
  const { apolloExecutor } = await import('../executor/apollo-executor.ts')
  return { executor: await apolloExecutor(sdl, config, senderFor), engine: undefined }
}

/** @returns a function from SDL to graph, which throws SUPERGRAPH_INVALID with the reason */
export const graphBuilder =
  (config: GatewayConfig, senderFor: SenderFor, report: ReportExcess): BuildGraph =>
  async (sdl, { before, isKnownValid = false } = {}) => {
    if (sdl.trim() === '') throw new MarqueeError('SUPERGRAPH_INVALID', { reason: 'it is empty' })
    try {
      const { executor, engine } = await openExecutor(sdl, config, senderFor, isKnownValid)
      const documents = documentStore(executor.schema, config, report)
      if (engine !== undefined && before?.engine !== undefined) {
        await warmGraph(before.engine, engine, documents, config.planner)
      }
      return Object.freeze({ id: supergraphId(sdl), executor, documents, engine })
    } catch (error) {
      if (error instanceof MarqueeError && error.code === 'SUPERGRAPH_INVALID') throw error
      throw new MarqueeError('SUPERGRAPH_INVALID', { reason: reasonOf(error) }, { cause: error })
    }
  }
