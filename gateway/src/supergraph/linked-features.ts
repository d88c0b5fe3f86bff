import { Kind, type ConstDirectiveNode, type ConstValueNode, type DocumentNode } from 'graphql'
import { argumentOf, textArgument, textOf } from './directive-arguments.ts'

/** A specification that the supergraph follows: one `@link(url:)` (or `@core(feature:)`). Frozen. */
export type LinkedFeature = Readonly<{
  /** Of the specification, without its version: `https://specs.apollo.dev/join`. */
  identity: string
  /** `v0.5`; empty when the URL has none. */
  version: string
  /** What the names of its elements begin with in this supergraph. */
  name: string
  /** `EXECUTION`, `SECURITY`, or neither. */
  purpose: string | undefined
  /** Element of the specification to its name in this supergraph; directives with their `@`. */
  imports: ReadonlyMap<string, string>
}>

const schemaDirectives = (document: DocumentNode): readonly ConstDirectiveNode[] =>
  document.definitions.flatMap(node =>
    node.kind === Kind.SCHEMA_DEFINITION || node.kind === Kind.SCHEMA_EXTENSION
      ? (node.directives ?? [])
      : [],
  )

const importsOf = (value: ConstValueNode | undefined): ReadonlyMap<string, string> => {
  const imports = new Map<string, string>()
  for (const element of value?.kind === Kind.LIST ? value.values : []) {
    const whole = textOf(element)
    if (whole !== undefined) imports.set(whole, whole)
    if (element.kind !== Kind.OBJECT) continue
    const part = (key: string): string | undefined =>
      textOf(element.fields.find(field => field.name.value === key)?.value)
    const name = part('name')
    if (name !== undefined) imports.set(name, part('as') ?? name)
  }
  return imports
}

const urlOf = (directive: ConstDirectiveNode): string =>
  textArgument(directive, 'url') ?? textArgument(directive, 'feature') ?? ''

const featureOf = (directive: ConstDirectiveNode): LinkedFeature => {
  const url = urlOf(directive).replace(/[?#].*$/, '')
  const [, identity = url, version = ''] = /^(.*)\/(v\d+\.\d+)\/?$/.exec(url) ?? []
  return Object.freeze({
    identity,
    version,
    name: textArgument(directive, 'as') ?? identity.slice(identity.lastIndexOf('/') + 1),
    purpose: textArgument(directive, 'for'),
    imports: importsOf(argumentOf(directive, 'import')),
  })
}

/** `@link` links itself first, perhaps under another name: core spec, "Bootstrapping". */
const linksItself = (directive: ConstDirectiveNode): boolean => {
  const { identity, name } = featureOf(directive)
  return /^https:\/\/specs\.apollo\.dev\/(link|core)$/.test(identity) && name === directive.name.value
}

export const linkedFeatures = (document: DocumentNode): readonly LinkedFeature[] => {
  const directives = schemaDirectives(document)
  const link = directives.find(linksItself)?.name.value
  return Object.freeze(directives.filter(({ name }) => name.value === link).map(featureOf))
}

/**
 * What an element of a specification is called in the supergraph.
 * @param element  directives with their `@`
 * @returns the name without `@`; undefined when the feature is not linked
 */
export const elementName = (
  features: readonly LinkedFeature[],
  identity: string,
  element: string,
): string | undefined => {
  const feature = features.find(each => each.identity === identity)
  if (feature === undefined) return undefined
  const imported = feature.imports.get(element)
  const bare = element.replace(/^@/, '')
  if (imported !== undefined) return imported.replace(/^@/, '')
  const isMain = element.startsWith('@') && identity.endsWith(`/${bare}`)
  return isMain ? feature.name : `${feature.name}__${bare}`
}

/** Tells types and directives that belong to a linked specification from those of the API. */
export const isOfFeature = (
  features: readonly LinkedFeature[],
): Readonly<{ type: (name: string) => boolean; directive: (name: string) => boolean }> => {
  const imported = new Set(features.flatMap(({ imports }) => [...imports.values()]))
  const isPrefixed = (name: string): boolean =>
    name.includes('__') && features.some(feature => name.startsWith(`${feature.name}__`))
  return {
    type: name => imported.has(name) || isPrefixed(name),
    directive: name =>
      imported.has(`@${name}`) || isPrefixed(name) || features.some(feature => feature.name === name),
  }
}
