import { composeServices } from '@apollo/composition'
import { parse, type GraphQLSchema } from 'graphql'
import { generateModel, type ModelOptions } from './generate-model.ts'
import { graphData, type Execution } from './graph-data.ts'
import type { GraphModel } from './model.ts'
import { monolithOf, type Monolith } from './monolith.ts'
import { printSubgraph } from './print-subgraph.ts'
import { subgraphExecutor, type AskSubgraph } from './subgraph-executor.ts'

/** A supergraph with subgraphs that answer in this process, and the monolith that says what is right. */
export type Federation = Readonly<{
  model: GraphModel
  seed: number
  /** Seeds before this one that gave nothing composable. */
  rejected: number
  /** Name to SDL. */
  subgraphs: ReadonlyMap<string, string>
  supergraphSdl: string
  apiSchema: GraphQLSchema
  ask: (subgraph: string, request: Parameters<AskSubgraph>[0], execution: Execution) => Promise<string>
  monolith: Monolith
  /** Names worth taking as an alias: keys, and what is required or provided. */
  plannerNames: readonly string[]
}>

type Composed = Readonly<{ supergraphSdl: string; apiSchema: GraphQLSchema }>

/** Composes SDLs. @throws with the first error */
export const composeSubgraphs = (subgraphs: ReadonlyMap<string, string>): Composed => {
  const services = [...subgraphs].map(([name, sdl]) => ({
    name,
    url: `http://${name}.test/`,
    typeDefs: parse(sdl),
  }))
  const { schema, supergraphSdl, errors } = composeServices(services)
  if (schema === undefined) throw new Error(`${String(errors[0]?.extensions['code'])}: ${errors[0]?.message}`)
  return { supergraphSdl, apiSchema: schema.toAPISchema().toGraphQLJSSchema() }
}

/** @throws when the seed's model does not compose */
export const federationOf = (seed: number, options: ModelOptions = {}, rejected = 0): Federation => {
  const model = generateModel(seed, options)
  const subgraphs = new Map(model.subgraphs.map(subgraph => [subgraph.name, printSubgraph(model, subgraph)]))
  const { supergraphSdl, apiSchema } = composeSubgraphs(subgraphs)
  const data = graphData(model)
  const executors = new Map(
    model.subgraphs.map(subgraph => [
      subgraph.name,
      subgraphExecutor(model, subgraph, data, subgraphs.get(subgraph.name) ?? ''),
    ]),
  )
  const plannerNames = new Set(['id', '__typename'])
  for (const sdl of subgraphs.values()) {
    for (const [, set] of sdl.matchAll(/fields: "((?:[^"\\]|\\.)*)"/g)) {
      for (const [name] of (set ?? '').matchAll(/\b[a-z]\w*/g)) plannerNames.add(name)
    }
  }
  return Object.freeze({
    model,
    seed,
    rejected,
    subgraphs,
    supergraphSdl,
    apiSchema,
    monolith: monolithOf(model, data, apiSchema),
    plannerNames: Object.freeze([...plannerNames]),
    ask: async (name, request, execution) => {
      const executor = executors.get(name)
      if (executor === undefined) throw new Error(`there is no subgraph ${name}`)
      return executor(request, execution)
    },
  })
}

/** The federation of the first seed from `seed` on that composes. */
export const generateFederation = (seed: number, options: ModelOptions = {}): Federation => {
  for (let rejected = 0; rejected < 50; rejected += 1) {
    try {
      return federationOf(seed + rejected * 1_000_003, options, rejected)
    } catch (error) {
      if (rejected === 49) throw error
    }
  }
  throw new Error('unreachable')
}
