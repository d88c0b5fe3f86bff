import type { DocumentNode } from 'graphql'
import { directivesNamed, isArgumentTrue, textArgument } from './directive-arguments.ts'
import { outputFieldsOf, typesOf } from './sdl-types.ts'

export type InterfaceObjects = Readonly<{
  /** Types that are an `@interfaceObject` somewhere, a field of which has a `@requires` there. */
  requiringInterfaceObjects: ReadonlySet<string>
}>

/** @param join  what the join specification is called in the supergraph */
export const interfaceObjects = (document: DocumentNode, join: string): InterfaceObjects => {
  const found = new Set<string>()
  for (const type of typesOf(document)) {
    const graphs = new Set(
      directivesNamed(type, `${join}__type`)
        .filter(joinType => isArgumentTrue(joinType, 'isInterfaceObject'))
        .map(joinType => textArgument(joinType, 'graph')),
    )
    if (graphs.size === 0) continue
    const requiring = outputFieldsOf(type)
      .flatMap(field => directivesNamed(field, `${join}__field`))
      .some(one => graphs.has(textArgument(one, 'graph')) && textArgument(one, 'requires') !== undefined)
    if (requiring) found.add(type.name.value)
  }
  return Object.freeze({ requiringInterfaceObjects: found })
}
