import { createHash } from 'node:crypto'
import { MarqueeError } from '@marquee/contract'
import type { GatewayConfig } from '../config.ts'
import type { ReportExcess } from '../documents/document-limits.ts'
import { documentStore, type DocumentStore } from '../documents/document-store.ts'
import { apolloExecutor } from '../executor/apollo-executor.ts'
import type { Executor } from '../executor/executor.ts'
import type { SenderFor } from '../fleet/send-query.ts'

/**
 * One supergraph, ready to answer, with everything that is true for it alone. Requests that began on one stay on it
 * while a new one takes its place.
 */
export type Graph = Readonly<{
  /** SHA-256 of the SDL, in hex. */
  id: string
  executor: Executor
  documents: DocumentStore
}>

export type BuildGraph = (sdl: string) => Promise<Graph>

/** The first line of what is wrong, short enough to read in a log. */
const reasonOf = (error: unknown): string =>
  ((error as Error).message ?? String(error)).split('\n').slice(0, 3).join(' ').slice(0, 500)

export const supergraphId = (sdl: string): string => createHash('sha256').update(sdl).digest('hex')

/** @returns a function from SDL to graph, which throws SUPERGRAPH_INVALID with the reason */
export const graphBuilder =
  (config: GatewayConfig, senderFor: SenderFor, report: ReportExcess): BuildGraph =>
  async sdl => {
    if (sdl.trim() === '') throw new MarqueeError('SUPERGRAPH_INVALID', { reason: 'it is empty' })
    try {
      const executor = await apolloExecutor(sdl, config, senderFor)
      const documents = documentStore(executor.schema, config, report)
      return Object.freeze({ id: supergraphId(sdl), executor, documents })
    } catch (error) {
      throw new MarqueeError('SUPERGRAPH_INVALID', { reason: reasonOf(error) }, { cause: error })
    }
  }
