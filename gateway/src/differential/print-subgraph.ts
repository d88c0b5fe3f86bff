import {
  isEntity,
  objectOf,
  type ArgumentModel,
  type EnumModel,
  type FieldModel,
  type GraphModel,
  type InterfaceModel,
  type ObjectModel,
  type SubgraphModel,
} from './model.ts'
import {
  fieldsIn,
  interfaceFieldsIn,
  isInterfaceObjectIn,
  keysIn,
  topNames,
  typesIn,
  unionMembersIn,
} from './subgraph-view.ts'

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable",
  "@external", "@requires", "@provides", "@override", "@inaccessible", "@interfaceObject", "@context",
  "@fromContext"])`

const argument = ({ name, type, default: value, fromContext }: ArgumentModel): string =>
  [
    `${name}: ${type}`,
    value === undefined ? '' : ` = ${value}`,
    fromContext === undefined ? '' : ` @fromContext(field: "${fromContext}")`,
  ].join('')

const signature = (field: FieldModel, type = field.type): string => {
  const args = field.args.length === 0 ? '' : `(${field.args.map(argument).join(', ')})`
  return `${field.name}${args}: ${type}`
}

const keyDirectives = (subgraph: SubgraphModel, type: ObjectModel): string =>
  keysIn(subgraph, type)
    .map(key => ` @key(fields: "${key.fields}"${key.resolvable ? '' : ', resolvable: false'})`)
    .join('')

const fieldSet = (selection: string): string => selection.replaceAll('"', '\\"')

/** Directives of a field of an object in one subgraph. */
const fieldDirectives = (
  subgraph: SubgraphModel,
  type: ObjectModel | undefined,
  field: FieldModel,
): string => {
  const { name, federation1 } = subgraph
  const owns = field.owners.includes(name)
  const isStubKey =
    federation1 &&
    isEntity(type) &&
    !type.keysIn.has(name) &&
    keysIn(subgraph, type).some(key => topNames(key.fields).includes(field.name))
  const isValue = type !== undefined && type.keys.length === 0 && !['Query', 'Mutation'].includes(type.name)
  return [
    field.externalIn.has(name) || isStubKey ? ' @external' : '',
    field.requires !== undefined && owns ? ` @requires(fields: "${fieldSet(field.requires)}")` : '',
    field.provides !== undefined && owns ? ` @provides(fields: "${fieldSet(field.provides)}")` : '',
    !federation1 && (isValue || isSharedBy(name, field)) ? ' @shareable' : '',
    field.overrides !== undefined && owns ? overrideDirective(field.overrides) : '',
    !federation1 && field.inaccessible === true && !field.externalIn.has(name) ? ' @inaccessible' : '',
  ].join('')
}

/** What several subgraphs give must say so where it is defined. */
const isSharedBy = (subgraph: string, field: FieldModel): boolean =>
  field.kind !== 'key' &&
  (field.owners.length > 1 || field.provided === true) &&
  (field.owners.includes(subgraph) || field.overrides?.from === subgraph)

const overrideDirective = ({ from, label }: { from: string; label?: string }): string =>
  ` @override(from: "${from}"${label === undefined ? '' : `, label: "${label}"`})`

const interfacesAbove = (model: GraphModel, subgraph: SubgraphModel, name: string, known: Set<string>) =>
  [...model.types.values()]
    .filter(
      (type): type is InterfaceModel =>
        type.kind === 'interface' &&
        known.has(type.name) &&
        type.members.includes(name) &&
        !isInterfaceObjectIn(subgraph, type),
    )
    .map(type => type.name)

const printObject = (
  model: GraphModel,
  subgraph: SubgraphModel,
  name: string,
  known: Set<string>,
): string => {
  const type = objectOf(model, name)
  const above = interfacesAbove(model, subgraph, name, known)
  const shown = name === 'Query' ? subgraph.queryName : name === 'Mutation' ? subgraph.mutationName : name
  const fields = fieldsIn(subgraph, type).map(
    field => `  ${signature(field)}${fieldDirectives(subgraph, type, field)}`,
  )
  const isExtension = subgraph.federation1 && isEntity(type) && !type.keysIn.has(subgraph.name)
  return [
    `${isExtension ? 'extend ' : ''}type ${shown}${above.length === 0 ? '' : ` implements ${above.join(' & ')}`}`,
    keyDirectives(subgraph, type),
    type.context?.subgraph === subgraph.name ? ` @context(name: "${type.context.name}")` : '',
    type.inaccessible === true && !subgraph.federation1 ? ' @inaccessible' : '',
    ` {\n${fields.join('\n').replace(/: Query(?=[!\s]|$)/g, `: ${subgraph.queryName}`)}\n}`,
  ].join('')
}

const printInterface = (model: GraphModel, subgraph: SubgraphModel, type: InterfaceModel): string => {
  const fields = interfaceFieldsIn(model, subgraph, type)
  const asObject = isInterfaceObjectIn(subgraph, type)
  const lines = fields.map(
    field => `  ${signature(field)}${asObject ? fieldDirectives(subgraph, undefined, field) : ''}`,
  )
  const isHeld = type.objectIn.includes(subgraph.name)
  const key =
    type.keyedIn.length === 0 ? '' : ` @key(fields: "id"${asObject && !isHeld ? ', resolvable: false' : ''})`
  const head = asObject ? `type ${type.name} @interfaceObject` : `interface ${type.name}`
  return `${head}${key} {\n${lines.join('\n')}\n}`
}

const printEnum = (subgraph: SubgraphModel, type: EnumModel): string => {
  const values = type.valuesIn.get(subgraph.name) ?? type.values
  const shown = values.map(value => `${value}${type.inaccessible.includes(value) ? ' @inaccessible' : ''}`)
  return `enum ${type.name} { ${shown.join(' ')} }`
}

const printType = (model: GraphModel, subgraph: SubgraphModel, name: string, known: Set<string>): string => {
  const type = model.types.get(name)
  switch (type?.kind) {
    case 'object':
      return printObject(model, subgraph, name, known)
    case 'interface':
      return printInterface(model, subgraph, type)
    case 'union':
      return `union ${name} = ${unionMembersIn(model, subgraph, name).join(' | ')}`
    case 'enum':
      return printEnum(subgraph, type)
    case 'input': {
      const absent = type.absentIn.get(subgraph.name) ?? []
      const fields = type.fields.filter(field => !absent.includes(field.name))
      return `input ${name} { ${fields.map(argument).join(', ')} }`
    }
    case 'scalar':
      return `scalar ${name}`
    case undefined:
    default:
      throw new TypeError(`there is no type ${name}`)
  }
}

/** The SDL of one subgraph. */
export const printSubgraph = (model: GraphModel, subgraph: SubgraphModel): string => {
  const known = typesIn(model, subgraph)
  const renamed = subgraph.queryName !== 'Query' || subgraph.mutationName !== 'Mutation'
  const roots = [
    known.has('Query') ? `query: ${subgraph.queryName}` : '',
    known.has('Mutation') ? `mutation: ${subgraph.mutationName}` : '',
  ]
  return [
    ...(subgraph.federation1 ? [] : [link]),
    ...(renamed && roots.join('') !== '' ? [`schema { ${roots.join(' ')} }`] : []),
    ...[...known].toSorted().map(name => printType(model, subgraph, name, known)),
  ].join('\n\n')
}
