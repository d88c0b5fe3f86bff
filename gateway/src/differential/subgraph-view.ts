import {
  isEntity,
  membersOf,
  namedType,
  objectOf,
  typeOf,
  type FieldModel,
  type InterfaceModel,
  type ObjectModel,
  type SubgraphKey,
  type SubgraphModel,
  type Types,
} from './model.ts'

/** Names at the top of a selection: `ref { code } k1` gives ref and k1. */
export const topNames = (selection: string): string[] =>
  selection
    .replace(/\([^)]*\)/g, '')
    .replace(/\{(?:[^{}]|\{[^{}]*\})*\}/g, ' ')
    .split(/\s+/)
    .filter(name => name !== '')

/** The keys that a subgraph has a type by; of one that it does not hold it knows a key, and cannot look it up. */
export const keysIn = (subgraph: SubgraphModel, type: ObjectModel): readonly SubgraphKey[] => {
  if (type.keys.length === 0) return []
  const held = type.keysIn.get(subgraph.name)
  if (held !== undefined) return held
  const first = type.keys[0]?.fields ?? 'id'
  return [{ fields: first, resolvable: subgraph.federation1 }]
}

const isKeyIn = (subgraph: SubgraphModel, type: ObjectModel, field: string): boolean =>
  keysIn(subgraph, type).some(key => topNames(key.fields).includes(field))

/** Fields of an object type that stand in a subgraph's schema, `@external` ones too. */
export const fieldsIn = (subgraph: SubgraphModel, type: ObjectModel): FieldModel[] =>
  [...type.fields.values()].filter(
    field =>
      (type.keys.length === 0 && type.name !== 'Query' && type.name !== 'Mutation') ||
      field.owners.includes(subgraph.name) ||
      field.externalIn.has(subgraph.name) ||
      field.overrides?.from === subgraph.name ||
      isKeyIn(subgraph, type, field.name),
  )

/** Whether a subgraph may be asked for a field by itself. */
export const resolvesField = (subgraph: SubgraphModel, type: ObjectModel, field: FieldModel): boolean => {
  if (field.externalIn.has(subgraph.name)) return false
  if (field.overrides?.from === subgraph.name) return field.overrides.label !== undefined
  return fieldsIn(subgraph, type).includes(field)
}

/** Fields of an interface in a subgraph: those that each member has there; of an interface object, its own. */
export const interfaceFieldsIn = (
  model: Types,
  subgraph: SubgraphModel,
  type: InterfaceModel,
): FieldModel[] => {
  if (isInterfaceObjectIn(subgraph, type)) {
    return [...type.fields.values()].filter(
      field =>
        field.name === 'id' || field.owners.includes(subgraph.name) || field.externalIn.has(subgraph.name),
    )
  }
  return [...type.fields.values()].filter(field =>
    type.members.every(name => {
      const member = objectOf(model, name)
      const own = member.fields.get(field.name)
      return own !== undefined && resolvesField(subgraph, member, own)
    }),
  )
}

/** A subgraph that does not hold a keyed interface meets it as an object. */
export const isInterfaceObjectIn = (subgraph: SubgraphModel, type: InterfaceModel): boolean =>
  type.keyedIn.length > 0 && !type.keyedIn.includes(subgraph.name)

export const unionMembersIn = (model: Types, subgraph: SubgraphModel, name: string): readonly string[] => {
  const type = model.types.get(name)
  if (type?.kind === 'union') return type.membersIn.get(subgraph.name) ?? type.members
  return membersOf(model, name)
}

const referenced = (model: Types, subgraph: SubgraphModel, name: string): string[] => {
  const type = typeOf(model, name)
  if (type === undefined) return []
  if (type.kind === 'object') {
    return fieldsIn(subgraph, type).flatMap(field => [field.type, ...field.args.map(arg => arg.type)])
  }
  if (type.kind === 'union') return [...unionMembersIn(model, subgraph, name)]
  if (type.kind === 'input') {
    const absent = type.absentIn.get(subgraph.name) ?? []
    return type.fields.filter(field => !absent.includes(field.name)).map(field => field.type)
  }
  if (type.kind !== 'interface') return []
  const fields = interfaceFieldsIn(model, subgraph, type)
  const members = isInterfaceObjectIn(subgraph, type) ? [] : type.members
  return [...fields.flatMap(field => [field.type, ...field.args.map(arg => arg.type)]), ...members]
}

const rootsOf = (model: Types, subgraph: SubgraphModel): string[] =>
  [...model.types.values()]
    .filter(
      type =>
        ((type.name === 'Query' || type.name === 'Mutation') &&
          type.kind === 'object' &&
          fieldsIn(subgraph, type).length > 0) ||
        (isEntity(type) && type.keysIn.has(subgraph.name)) ||
        (type.kind === 'interface' &&
          (type.objectIn.includes(subgraph.name) || type.keyedIn.includes(subgraph.name))),
    )
    .map(type => type.name)

/** Names of all types that a subgraph's schema defines: what it holds, and what that leads to. */
export const typesIn = (model: Types, subgraph: SubgraphModel): Set<string> => {
  const found = new Set<string>()
  const open = rootsOf(model, subgraph)
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (found.has(name) || !model.types.has(name)) continue
    found.add(name)
    open.push(...referenced(model, subgraph, name).map(namedType))
  }
  return found
}
