import { parse, type ConstDirectiveNode, type DocumentNode } from 'graphql'
import { directivesNamed, isArgumentFalse, textArgument } from './directive-arguments.ts'
import { typesOf } from './sdl-types.ts'

/** `@join__type(key:, resolvable: false)` of types that have a resolvable key in the same graph. */
const keysToDrop = (document: DocumentNode, join: string): readonly ConstDirectiveNode[] => {
  const unresolvable: Readonly<{ place: string; directive: ConstDirectiveNode }>[] = []
  const resolvable = new Set<string>()
  for (const type of typesOf(document)) {
    for (const directive of directivesNamed(type, `${join}__type`)) {
      if (textArgument(directive, 'key') === undefined) continue
      const place = `${type.name.value} ${textArgument(directive, 'graph')}`
      if (isArgumentFalse(directive, 'resolvable')) unresolvable.push({ place, directive })
      else resolvable.add(place)
    }
  }
  return unresolvable.filter(({ place }) => resolvable.has(place)).map(({ directive }) => directive)
}

/**
 * The SDL as the planner must get it. A key that its subgraph does not resolve leads nowhere, yet the planner comes
 * back to the subgraph by it after a `@requires` when the type has a resolvable key there, too; so it is cut out.
 * @param document  parsed from `sdl`, with or without locations
 * @param join      what the join specification is called in it
 */
export const plannerSdl = (sdl: string, document: DocumentNode, join: string): string => {
  if (keysToDrop(document, join).length === 0) return sdl
  let text = ''
  let end = 0
  // Locations cost a fifth more at parsing, and hold the whole text in memory: few supergraphs come this far.
  for (const { loc } of keysToDrop(parse(sdl), join)) {
    if (loc === undefined) continue
    text += sdl.slice(end, loc.start)
    end = loc.end
  }
  return text + sdl.slice(end)
}
