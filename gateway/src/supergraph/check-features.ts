import { Kind, type DocumentNode } from 'graphql'
import { directivesNamed } from './directive-arguments.ts'
import { elementName, type LinkedFeature } from './linked-features.ts'
import { outputFieldsOf, typesOf } from './sdl-types.ts'
import { supergraphInvalid } from './supergraph-invalid.ts'

const specs = 'https://specs.apollo.dev'

/** Specifications that the planner and the executor follow; those without a purpose are only read by whom it concerns. */
const followed: Readonly<Record<string, readonly string[]>> = Object.freeze({
  core: ['v0.1', 'v0.2'],
  link: ['v1.0'],
  join: ['v0.1', 'v0.2', 'v0.3', 'v0.4', 'v0.5'],
  tag: ['v0.1', 'v0.2', 'v0.3'],
  inaccessible: ['v0.1', 'v0.2'],
  context: ['v0.1'],
  cost: ['v0.1'],
  cacheTag: ['v0.1'],
})

/** Directives that guard what they stand on. The planner passes over them, so the data would be served unguarded. */
const guards = Object.freeze(['authenticated', 'requiresScopes', 'policy'])

const isFollowed = ({ identity, version }: LinkedFeature): boolean => {
  const name = identity.startsWith(`${specs}/`) ? identity.slice(specs.length + 1) : ''
  return Object.hasOwn(followed, name) && followed[name]?.includes(version) === true
}

const isGuard = ({ identity }: LinkedFeature): boolean => guards.some(name => identity === `${specs}/${name}`)

/** The first `Type` or `Type.field` that bears a directive. */
const firstUse = (document: DocumentNode, directive: string): string | undefined => {
  for (const type of typesOf(document)) {
    if (directivesNamed(type, directive).length > 0) return type.name.value
    for (const field of outputFieldsOf(type)) {
      if (directivesNamed(field, directive).length > 0) return `${type.name.value}.${field.name.value}`
    }
  }
  return undefined
}

const refuseGuards = (document: DocumentNode, features: readonly LinkedFeature[]): void => {
  for (const guard of guards) {
    const name = elementName(features, `${specs}/${guard}`, `@${guard}`)
    const place = name === undefined ? undefined : firstUse(document, name)
    if (place === undefined) continue
    throw supergraphInvalid(
      `${place} has @${name}, which Marquee does not enforce yet: it would be served unguarded. ` +
        `Take @${name} out of the subgraphs and check the caller in the resolver.`,
    )
  }
}

const refuseUnknown = (features: readonly LinkedFeature[]): void => {
  const unknown = features.find(
    feature => feature.purpose !== undefined && !isGuard(feature) && !isFollowed(feature),
  )
  if (unknown === undefined) return
  const known = Object.entries(followed).map(([name, versions]) => `${name} ${versions.join(', ')}`)
  throw supergraphInvalid(
    `it links ${unknown.identity}${unknown.version === '' ? '' : `/${unknown.version}`} for ${unknown.purpose}, ` +
      `which Marquee does not know. It knows: ${known.join('; ')}. ` +
      'Leave the feature out, or compose with a version that has none newer.',
  )
}

const hasGraphs = (document: DocumentNode, features: readonly LinkedFeature[]): boolean => {
  const name = elementName(features, `${specs}/join`, 'Graph')
  return document.definitions.some(
    node => node.kind === Kind.ENUM_TYPE_DEFINITION && node.name.value === name && node.values?.length !== 0,
  )
}

/** @throws SUPERGRAPH_INVALID when the SDL is no supergraph, or one that Marquee would not serve as it is meant */
export const checkFeatures = (document: DocumentNode, features: readonly LinkedFeature[]): void => {
  if (!hasGraphs(document, features)) {
    throw supergraphInvalid(
      'it is no supergraph, it has no enum join__Graph with @join__graph: a schema of one subgraph, perhaps. ' +
        'Compose the subgraphs, and give what comes out.',
    )
  }
  refuseGuards(document, features)
  refuseUnknown(features)
}
