import type { DocumentNode } from 'graphql'
import { directivesNamed, textArgument, type Annotated } from './directive-arguments.ts'
import type { LinkedFeature } from './linked-features.ts'
import { outputFieldsOf, typesOf } from './sdl-types.ts'

/** Coordinates (`Type`, `Type.field`) by what `@cacheControl(scope:)` says of them. */
export type CacheScopes = Readonly<{
  publicCoordinates: ReadonlySet<string>
  privateCoordinates: ReadonlySet<string>
}>

/** No one specification owns `@cacheControl`: subgraphs link one of their own to have it composed. */
const cacheControlName = (features: readonly LinkedFeature[]): string => {
  for (const { imports } of features) {
    const imported = imports.get('@cacheControl')
    if (imported !== undefined) return imported.slice(1)
  }
  return 'cacheControl'
}

export const readCacheScopes = (document: DocumentNode, features: readonly LinkedFeature[]): CacheScopes => {
  const name = cacheControlName(features)
  const coordinates = { PUBLIC: new Set<string>(), PRIVATE: new Set<string>() }
  const read = (node: Annotated, coordinate: string): void => {
    for (const directive of directivesNamed(node, name)) {
      const scope = textArgument(directive, 'scope')
      if (scope === 'PUBLIC' || scope === 'PRIVATE') coordinates[scope].add(coordinate)
    }
  }
  for (const type of typesOf(document)) {
    read(type, type.name.value)
    for (const field of outputFieldsOf(type)) read(field, `${type.name.value}.${field.name.value}`)
  }
  return Object.freeze({ publicCoordinates: coordinates.PUBLIC, privateCoordinates: coordinates.PRIVATE })
}
