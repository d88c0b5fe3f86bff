import { randomUUID } from 'node:crypto'
import type {
  GatewayExecutor,
  GatewayGraphQLRequestContext,
  GatewayInterface,
  GatewaySchemaLoadOrUpdateCallback,
} from '@apollo/server-gateway-interface'
import { anonymous, type Identity } from '@marquee/contract'
import { getVariableValues, GraphQLError, type GraphQLFormattedError, type GraphQLSchema } from 'graphql'
import type { z } from 'zod'
import { gatewayConfig, type GatewayConfig } from '../config.ts'
import { describeFieldError, describeRequestError } from '../errors/describe-error.ts'
import { RequestErrors } from '../errors/request-errors.ts'
import { consistencyLedger } from '../executor/consistency-ledger.ts'
import type { FetchContext, Operation, OperationResult } from '../executor/executor.ts'
import { callerKey } from '../fleet/caller-key.ts'
import { SubgraphClient } from '../fleet/subgraph-client.ts'
import { openEngine, type Engine } from '../supergraph/open-engine.ts'

/** Hands over supergraphs as they change, as `@apollo/gateway` has it: calls `update` with each new one. */
export type SupergraphSource = (options: {
  update: (supergraphSdl: string) => void
}) => Promise<{ supergraphSdl: string; cleanup?: () => Promise<void> }>

export type MarqueeGatewayOptions<TContext> = Readonly<{
  supergraphSdl: string | SupergraphSource | Readonly<{ initialize: SupergraphSource }>
  /** Section `gateway` of marquee.yaml, as far as it is about execution: `fetch`, `planner`, `subgraphs`, ... */
  settings?: z.input<typeof gatewayConfig>
  /** Told of an update that is no supergraph; the one before serves on. Default: a warning of the process. */
  onRefused?: (error: Error) => void
  /** What a subgraph is told of a request, by Apollo Server's `contextValue`. */
  forward?: (contextValue: TContext) => Readonly<{
    /** Who asks; signed when `settings.secret` is set. */
    identity?: Identity
    headers?: Readonly<Record<string, string>>
  }>
}>

const operationOf = (context: GatewayGraphQLRequestContext): Operation => ({
  document: context.document,
  definition: context.operation,
  text: context.source,
  hash: context.queryHash,
  name: context.operationName ?? undefined,
  variables: context.request.variables ?? {},
})

const asError = ({ message, path, extensions }: GraphQLFormattedError): GraphQLError =>
  new GraphQLError(message, {
    ...(path !== undefined && { path }),
    ...(extensions !== undefined && { extensions }),
  })

class MarqueeGateway<TContext> implements GatewayInterface {
  readonly #options: MarqueeGatewayOptions<TContext>
  readonly #config: GatewayConfig
  readonly #client: SubgraphClient
  readonly #callbacks = new Set<GatewaySchemaLoadOrUpdateCallback>()
  /** Requests that were validated against a schema run on its engine, whatever was loaded since. */
  readonly #engines = new WeakMap<GraphQLSchema, Engine>()
  #current: { engine: Engine; sdl: string } | undefined
  #cleanup: (() => Promise<void>) | undefined
  #updates: Promise<void> = Promise.resolve()

  constructor(options: MarqueeGatewayOptions<TContext>) {
    const { settings = {} } = options
    this.#options = options
    // Apollo Server has its own say in what of an error is shown (`formatError`), and takes whole answers only.
    this.#config = gatewayConfig.parse({
      ...settings,
      defer: false,
      errors: { maskUnknown: false, ...settings.errors },
    })
    this.#client = new SubgraphClient(this.#config)
  }

  async load(): Promise<{ executor: GatewayExecutor }> {
    const { supergraphSdl } = this.#options
    if (typeof supergraphSdl === 'string') await this.#use(supergraphSdl)
    else {
      const source = typeof supergraphSdl === 'function' ? supergraphSdl : supergraphSdl.initialize
      const { supergraphSdl: sdl, cleanup } = await source.call(supergraphSdl, {
        update: next => this.#update(next),
      })
      this.#cleanup = cleanup
      await this.#use(sdl)
    }
    return { executor: context => this.#execute(context as GatewayGraphQLRequestContext<TContext & object>) }
  }

  onSchemaLoadOrUpdate(callback: GatewaySchemaLoadOrUpdateCallback): () => void {
    this.#callbacks.add(callback)
    if (this.#current !== undefined) {
      const { engine, sdl } = this.#current
      callback({ apiSchema: engine.schema, coreSupergraphSdl: sdl })
    }
    return () => this.#callbacks.delete(callback)
  }

  async stop(): Promise<void> {
    await this.#cleanup?.()
    await this.#updates
    await this.#current?.engine.close()
    await this.#client.close()
  }

  /** One after the other, in the order in which they came; a bad one is left out, as the one before serves. */
  #update(sdl: string): void {
    this.#updates = this.#updates.then(() => this.#use(sdl)).catch((error: Error) => this.#refused(error))
  }

  #refused(error: Error): void {
    const { onRefused = ({ message }) => process.emitWarning(message) } = this.#options
    onRefused(error)
  }

  async #use(sdl: string): Promise<void> {
    const before = this.#current
    const engine = await openEngine(sdl, this.#config, this.#client.senderFor)
    this.#engines.set(engine.schema, engine)
    this.#current = { engine, sdl }
    for (const callback of this.#callbacks) callback({ apiSchema: engine.schema, coreSupergraphSdl: sdl })
    if (before !== undefined) {
      setTimeout(() => void before.engine.close(), this.#config.deadlineMs).unref()
    }
  }

  #contextOf(context: GatewayGraphQLRequestContext<TContext & object>): FetchContext {
    const { identity = anonymous, headers = {} } = this.#options.forward?.(context.context) ?? {}
    const { deadlineMs } = this.#config
    return {
      requestId: randomUUID(),
      identity,
      callerKey: callerKey(identity, headers),
      signal: AbortSignal.timeout(deadlineMs),
      deadlineAt: performance.now() + deadlineMs,
      deadlineMs,
      forwarded: headers,
      consistency: consistencyLedger({}),
    }
  }

  async #execute(context: GatewayGraphQLRequestContext<TContext & object>) {
    const engine = this.#engines.get(context.schema) ?? this.#current?.engine
    if (engine === undefined) throw new Error('load() was not called')
    const operation = operationOf(context)
    try {
      const { variableDefinitions = [] } = operation.definition
      const { errors } = getVariableValues(engine.schema, variableDefinitions, operation.variables, {
        maxErrors: 20,
      })
      if (errors !== undefined) throw new RequestErrors('BAD_USER_INPUT', errors)
      return this.#answer(await engine.execute(operation, this.#contextOf(context)))
    } catch (error) {
      return { errors: describeRequestError(error).map(({ shown }) => asError(shown)) }
    }
  }

  #answer({ data, errors, extensions }: OperationResult) {
    const described = errors.map(error =>
      asError(describeFieldError(error, this.#config.errors.maskUnknown).shown),
    )
    return {
      data: JSON.parse(String(data)) as Record<string, unknown> | null,
      ...(described.length > 0 && { errors: described }),
      ...(extensions !== undefined && { extensions }),
    }
  }
}

/**
 * Marquee's engine inside Apollo Server 5: `new ApolloServer({ gateway: marqueeGateway({ supergraphSdl }) })`, in
 * place of `new ApolloGateway({ supergraphSdl })`.
 * @throws from `load`: SUPERGRAPH_INVALID
 */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- callers name the type of their context
export const marqueeGateway = <TContext extends object = object>(
  options: MarqueeGatewayOptions<TContext>,
): GatewayInterface => new MarqueeGateway(options)
