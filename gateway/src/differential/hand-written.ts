import { buildSubgraphSchema } from '@apollo/subgraph'
import { execute, parse, validate, type GraphQLFieldResolver } from 'graphql'
import { composeSubgraphs } from './generate-federation.ts'
import type { Ground } from './run-case.ts'

type Resolver = GraphQLFieldResolver<never, unknown> | ((reference: never) => unknown)

/** A subgraph of a named case. Fields without a resolver are properties. */
export type HandWritten = Readonly<{
  sdl: string
  resolvers: Readonly<Record<string, Readonly<Record<string, Resolver>>>>
}>

/** One operation and what must come of it. */
export type NamedCase = Readonly<{
  name: string
  query: string
  variables?: Readonly<Record<string, unknown>>
  /** Compared to the letter, order of fields included. */
  data: unknown
  /** Paths of errors, joined by dots; in any order. */
  errors?: readonly string[]
  /** It is known that the stock executor gets it wrong. */
  stockIsWrong?: true
  /** It is known that Marquee gets it wrong too: what is still to be mended. */
  marqueeIsWrong?: true
}>

export type NamedFederation = Readonly<{
  title: string
  subgraphs: Readonly<Record<string, HandWritten>>
  /** The stock gateway refuses such a supergraph. */
  stockRefuses?: true
  cases: readonly NamedCase[]
}>

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable",
  "@external", "@requires", "@provides", "@override", "@inaccessible", "@interfaceObject", "@context", "@fromContext"])`

const withLink = (sdl: string): string => `${link}\n${sdl}`

/** Subgraphs in this process, before which an engine can be put. */
export const handWritten = (subgraphs: NamedFederation['subgraphs']): Ground => {
  const parts = Object.entries(subgraphs)
  const { supergraphSdl } = composeSubgraphs(new Map(parts.map(([name, { sdl }]) => [name, withLink(sdl)])))
  const schemas = new Map(
    parts.map(([name, { sdl, resolvers }]) => [
      name,
      buildSubgraphSchema([{ typeDefs: parse(withLink(sdl)), resolvers: resolvers as never }]),
    ]),
  )
  return {
    seed: 1,
    supergraphSdl,
    ask: async (name, { query, variables, operationName }) => {
      const schema = schemas.get(name)
      if (schema === undefined) throw new Error(`there is no subgraph ${name}`)
      const document = parse(query)
      const errors = validate(schema, document)
      if (errors.length > 0) return JSON.stringify({ errors })
      return JSON.stringify(
        await execute({ schema, document, variableValues: variables, operationName, contextValue: {} }),
      )
    },
  }
}
