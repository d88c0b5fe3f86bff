import { GraphQLError, parse, type DocumentNode } from 'graphql'
import { apiSchema } from './api-schema.ts'
import { readCacheScopes } from './cache-scopes.ts'
import { checkFeatures } from './check-features.ts'
import { interfaceObjects } from './interface-objects.ts'
import { linkedFeatures } from './linked-features.ts'
import { readPlannerNames } from './planner-names.ts'
import { plannerSdl } from './planner-sdl.ts'
import { readSubgraphs } from './read-subgraphs.ts'
import { standInsOf } from './stand-ins.ts'
import { subgraphFields } from './subgraph-fields.ts'
import { supergraphInvalid } from './supergraph-invalid.ts'
import type { Supergraph } from './supergraph.ts'
import { typeRelations } from './type-relations.ts'
import { unevenMembers } from './uneven-members.ts'

const parseSdl = (sdl: string): DocumentNode => {
  try {
    return parse(sdl, { noLocation: true })
  } catch (error) {
    const [place] = error instanceof GraphQLError ? (error.locations ?? []) : []
    const at = place === undefined ? '' : ` (line ${place.line}, column ${place.column})`
    throw supergraphInvalid(`${(error as Error).message.split('\n')[0]}${at}`, error)
  }
}

/**
 * Reads a supergraph: what clients see of it, where its subgraphs are, what the planner must be told.
 * @param defer  clients may use `@defer`
 * @throws SUPERGRAPH_INVALID when it is none, or one that Marquee cannot serve as it is meant
 */
export const readSupergraph = (sdl: string, { defer = false } = {}): Supergraph => {
  const document = parseSdl(sdl)
  const features = linkedFeatures(document)
  checkFeatures(document, features)
  const nameOf = (feature: string): string =>
    features.find(({ identity }) => identity === `https://specs.apollo.dev/${feature}`)?.name ?? feature
  const join = nameOf('join')
  const standIns = standInsOf(document, join)
  return Object.freeze({
    apiSchema: apiSchema(document, features, defer),
    subgraphs: readSubgraphs(document, join),
    ...typeRelations(document),
    ...subgraphFields(document, join, standIns),
    ...readPlannerNames(document, join),
    ...readCacheScopes(document, features),
    ...interfaceObjects(document, join),
    unevenMembers: unevenMembers(document, join),
    standIns: standIns.fields,
    plannerSdl: plannerSdl(sdl, document, join, standIns, nameOf('inaccessible')),
  })
}
