import {
  GraphQLBoolean,
  GraphQLFloat,
  GraphQLID,
  GraphQLInt,
  GraphQLString,
  isEnumType,
  type GraphQLEnumType,
  type GraphQLLeafType,
} from 'graphql'
import { stringText } from '../json-text.ts'
import { problem, type Problem } from './problems.ts'
import { enumPattern, scalarPattern, type Pattern } from './verbatim.ts'

/**
 * Writes a value, which is neither null nor undefined, as JSON text. Undefined is null in its place; then `problems`
 * has a new one that says why.
 */
export type WriteValue = (value: unknown, problems: Problem[]) => string | undefined

/** How values of one type are written at one place, and the texts that are written as they came. */
export type ValueWriter = Readonly<{ write: WriteValue; pattern: Pattern }>

/** What a value is, without what it says: it may be a secret. */
const kindOf = (value: unknown): string => (Array.isArray(value) ? 'a list' : `a ${typeof value}`)

const wrong = (type: GraphQLLeafType, value: unknown, problems: Problem[]): undefined => {
  problems.push(problem(`${kindOf(value)} is no ${type.name}.`))
}

const isInt32 = (value: unknown): boolean => typeof value === 'number' && (value | 0) === value

const scalars = new Map<GraphQLLeafType, (value: unknown) => string | undefined>([
  [GraphQLString, value => (typeof value === 'string' ? stringText(value) : undefined)],
  [GraphQLBoolean, value => (typeof value === 'boolean' ? `${value}` : undefined)],
  [GraphQLInt, value => (isInt32(value) ? `${value as number}` : undefined)],
  [GraphQLFloat, value => (typeof value === 'number' ? `${value}` : undefined)],
  // GraphQL, "ID": "serialized as a String"; many servers send numbers all the same.
  [
    GraphQLID,
    value =>
      typeof value === 'string'
        ? stringText(value)
        : Number.isInteger(value)
          ? `"${value as number}"`
          : undefined,
  ],
])

/** Writes values of a scalar or an enum. An enum value that the API schema does not have is inaccessible, or wrong. */
export const leafWriter = (type: GraphQLLeafType): ValueWriter =>
  isEnumType(type)
    ? { write: writeEnum(type), pattern: enumPattern(type.getValues().map(({ name }) => name)) }
    : { write: writeScalar(type), pattern: scalarPattern(type.name) }

const writeEnum = (type: GraphQLEnumType): WriteValue => {
  const texts = new Map(type.getValues().map(({ name }) => [name, `"${name}"`]))
  return (value, problems) => {
    const text = texts.get(value as string)
    if (text === undefined) problems.push(problem(`a value of the enum ${type.name} is not in the schema.`))
    return text
  }
}

const writeScalar = (type: GraphQLLeafType): WriteValue => {
  const write = [...scalars].find(([scalar]) => scalar.name === type.name)?.[1]
  if (write === undefined) return value => JSON.stringify(value)
  return (value, problems) => write(value) ?? wrong(type, value, problems)
}
