import { Kind, parseType, type TypeNode } from 'graphql'
import { instance } from './instance.ts'
import { isEntity, membersOf, objectOf, type FieldModel, type GraphModel } from './model.ts'
import { hashOf } from './random.ts'
import { typesIn, unionMembersIn } from './subgraph-view.ts'

/** Makes the value that a field has: the same for the same salt, on every machine. */
export type MakeValue = (typeName: string, field: FieldModel, salt: string) => unknown

const texts = ['', 'plain', 'Zoë "q" \\ \n', '{"a":1}', '__typename', 'null', '0']
const numbers = [0, 1, -7, 42, 2147483647, -2147483648, 1000000]
const floats = [0, 1.5, -0.25, 3, 1e21, 1e-7, 123456.789]
const jsonTexts = [
  '{"a":[1,null,{"b":false}],"id":"x"}',
  '{"__typename":"T0","id":"T0-1","name":null}',
  '[[],[null],{}]',
  '"text"',
  '0',
  '{"__proto__":{"x":1},"constructor":2}',
  '[{"__typename":"Nobody"},"@",1.5]',
]

const scalarValue = (name: string, salt: string): unknown => {
  const roll = hashOf(salt)
  if (name === 'Int') return numbers[roll % numbers.length]
  if (name === 'Float') return floats[roll % floats.length]
  if (name === 'Boolean') return roll % 2 === 0
  if (name === 'ID') return roll % 3 === 0 ? String(roll % 1000) : `id-${roll % 1000}`
  if (name === 'JSON') return JSON.parse(jsonTexts[roll % jsonTexts.length] as string)
  return roll % 3 === 0 ? texts[roll % texts.length] : `s${roll % 10_000}`
}

/** Subgraphs where a field stands: what it gives must be known in all of them. */
const subgraphsOfField = (
  model: GraphModel,
  known: Map<string, Set<string>>,
  type: string,
  field: FieldModel,
) => {
  const isValueField = objectOf(model, type).keys.length === 0 && type !== 'Query' && type !== 'Mutation'
  return model.subgraphs.filter(
    ({ name }) =>
      (isValueField && known.get(name)?.has(type) === true) ||
      field.owners.includes(name) ||
      field.externalIn.has(name) ||
      field.overrides?.from === name,
  )
}

type Possible = (typeName: string, field: FieldModel, named: string) => readonly string[]

/** Concrete types, or enum values, that a field may give. */
const possibleValues = (model: GraphModel): Possible => {
  const known = new Map(model.subgraphs.map(subgraph => [subgraph.name, typesIn(model, subgraph)]))
  const found = new Map<string, readonly string[]>()
  return (typeName, field, named) => {
    const coordinate = `${typeName}.${field.name}`
    const before = found.get(coordinate)
    if (before !== undefined) return before
    const type = model.types.get(named)
    const all = type?.kind === 'enum' ? type.values : membersOf(model, named)
    const possible = subgraphsOfField(model, known, typeName, field).reduce<readonly string[]>(
      (left, subgraph) => {
        const here =
          type?.kind === 'enum'
            ? (type.valuesIn.get(subgraph.name) ?? type.values)
            : unionMembersIn(model, subgraph, named)
        return left.filter(value => here.includes(value))
      },
      all,
    )
    found.set(coordinate, possible)
    return possible
  }
}

/** @returns the values of all fields but keys */
export const valueMaker = (model: GraphModel): MakeValue => {
  const possible = possibleValues(model)
  const parsed = new Map<string, TypeNode>()
  const make = (
    typeName: string,
    field: FieldModel,
    node: TypeNode,
    salt: string,
    isNullable: boolean,
  ): unknown => {
    if (node.kind === Kind.NON_NULL_TYPE) return make(typeName, field, node.type, salt, false)
    const roll = hashOf(`${salt}?`)
    if (isNullable && roll % 6 === 0) return null
    if (node.kind === Kind.LIST_TYPE) {
      return Array.from({ length: (roll >>> 4) % 4 }, (_, at) =>
        make(typeName, field, node.type, `${salt}/${at}`, true),
      )
    }
    const named = node.name.value
    if (named === 'Query') return instance('Query', '')
    const kind = model.types.get(named)?.kind
    if (kind === undefined || kind === 'scalar') return scalarValue(named, salt)
    const choices = possible(typeName, field, named)
    const chosen = choices[roll % choices.length]
    if (chosen === undefined) throw new RangeError(`${typeName}.${field.name} has no possible value`)
    if (kind === 'enum') return chosen
    const type = objectOf(model, chosen)
    return instance(chosen, isEntity(type) ? String((roll >>> 8) % type.instances) : salt)
  }
  return (typeName, field, salt) => {
    const node = parsed.get(field.type) ?? parseType(field.type)
    parsed.set(field.type, node)
    return make(typeName, field, node, `${model.seed}:${salt}`, true)
  }
}

/** The value of a key field. All keys of an entity tell its instances apart. */
export const keyValue = (type: string, identity: string, field: string): unknown => {
  const index = Number(identity.split('/')[0])
  if (field === 'id') return `${type}-${index}`
  if (field === 'sku') return `sku ${index}`
  if (field === 'k1') return index % 2
  if (field === 'k2') return `x${index >> 1}`
  if (field === 'ref') return instance(`${type}Ref`, `${index}/`)
  if (field === 'deep') return instance(type.replace(/Ref$/, 'Deep'), `${index}/`)
  return field === 'code' ? `code ${index}` : index
}
