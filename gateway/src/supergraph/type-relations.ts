import { Kind, type DocumentNode } from 'graphql'
import { typesOf } from './sdl-types.ts'

/** How the types of a supergraph hang together, inaccessible ones included. */
export type TypeRelations = Readonly<{
  isSubtype: (type: string, condition: string) => boolean
  objectTypes: ReadonlySet<string>
}>

export const typeRelations = (document: DocumentNode): TypeRelations => {
  const supertypes = new Map<string, Set<string>>()
  const objectTypes = new Set<string>()
  const relate = (type: string, supertype: string): void => {
    const known = supertypes.get(type)
    if (known === undefined) supertypes.set(type, new Set([supertype]))
    else known.add(supertype)
  }
  for (const type of typesOf(document)) {
    const { kind, name } = type
    if (kind === Kind.OBJECT_TYPE_DEFINITION || kind === Kind.OBJECT_TYPE_EXTENSION)
      objectTypes.add(name.value)
    if ('interfaces' in type) for (const each of type.interfaces ?? []) relate(name.value, each.name.value)
    if ('types' in type) for (const member of type.types ?? []) relate(member.name.value, name.value)
  }
  // A Set visits what is added to it on the way: this follows interfaces of interfaces.
  for (const known of supertypes.values()) {
    for (const supertype of known) for (const above of supertypes.get(supertype) ?? []) known.add(above)
  }
  return Object.freeze({
    isSubtype: (type, condition) => type === condition || supertypes.get(type)?.has(condition) === true,
    objectTypes,
  })
}
