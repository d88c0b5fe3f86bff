import type { GatewayConfig } from '../config.ts'
import type { DocumentStore } from '../documents/document-store.ts'
import { pickOperation } from '../documents/pick-operation.ts'
import { warmPlans, type Warmed } from '../planner/warm-plans.ts'
import type { Engine } from './open-engine.ts'

/** Plans on a new supergraph what the one before was asked most, so that no client waits for it. */
export const warmGraph = (
  before: Engine,
  engine: Engine,
  documents: DocumentStore,
  { warmOperations, warmTimeoutMs, workers }: GatewayConfig['planner'],
): Promise<Warmed> =>
  warmPlans(
    before.mostUsed(warmOperations),
    ({ text, name, variables, labels, inParts }) => {
      const { document, hash, ...valid } = documents.prepare(text)
      const definition = pickOperation({ document, hash, ...valid }, name)
      return engine.warm({ document, definition, text, hash, name, variables }, labels, inParts)
    },
    { warmTimeoutMs, atOnce: workers },
  )
