import { ResponseNode } from '../run/response-node.ts'
import { addStep, problem, type Problem } from './problems.ts'
import type { ValueWriter, WriteValue } from './write-leaf.ts'
import { listPattern } from './verbatim.ts'

/** One field of an object of known type. */
export type FieldWriter = Readonly<{
  /** What the client calls it. */
  name: string
  /** What stands before its value: from the brace or the value before, with all that is always the same between. */
  lead: string
  isNonNull: boolean
  /** Where its value stands in the node or row; undefined where no fetch asks for it. */
  key: number | string | undefined
  write: WriteValue
}>

/** How objects of one type are written. */
export type ObjectFields = Readonly<{
  fields: readonly FieldWriter[]
  /** What stands behind the last field. */
  end: string
}>

/** How a value came: parts of nodes by slot, parts of rows by name. */
type Source = readonly unknown[] | Readonly<Record<string, unknown>>

const nullFor = (field: FieldWriter, value: unknown, problems: Problem[]): void => {
  if (value === undefined) problems.push({ reason: 'no subgraph gave the field.', path: [field.name] })
  else if (field.isNonNull)
    problems.push({ reason: 'null for a field that is never null.', path: [field.name] })
}

/** Writes an object. Undefined: a field that is never null has no value. */
export const writeObject = (
  { fields, end }: ObjectFields,
  source: Source,
  problems: Problem[],
): string | undefined => {
  let text = ''
  for (let index = 0; index < fields.length; index += 1) {
    const field = fields[index] as FieldWriter
    const { key } = field
    const value = key === undefined ? undefined : (source as Record<number | string, unknown>)[key]
    let written: string | undefined
    if (value === undefined || value === null) nullFor(field, value, problems)
    else {
      const before = problems.length
      written = field.write(value, problems)
      if (problems.length > before) addStep(problems, before, field.name)
    }
    if (written === undefined && field.isNonNull) return undefined
    text += field.lead
    text += written ?? 'null'
  }
  return text + end
}

/** Writes a list. GraphQL, "Handling Execution Errors": a null that may not be there makes the list null. */
export const listWriter = ({ write, pattern }: ValueWriter, isNonNull: boolean): ValueWriter => ({
  write: writeList(write, isNonNull),
  pattern: listPattern(pattern, isNonNull),
})

const writeList =
  (writeItem: WriteValue, isNonNull: boolean): WriteValue =>
  (value, problems) => {
    if (!Array.isArray(value)) {
      problems.push(problem('what should be a list is none.'))
      return undefined
    }
    let text = '['
    for (let index = 0; index < value.length; index += 1) {
      const item: unknown = value[index]
      const before = problems.length
      let written: string | undefined
      if (item !== null && item !== undefined) written = writeItem(item, problems)
      else if (isNonNull) problems.push(problem('null in a list that has no nulls.'))
      if (problems.length > before) addStep(problems, before, index)
      if (written === undefined) {
        if (isNonNull) return undefined
        written = 'null'
      }
      if (index > 0) text += ','
      text += written
    }
    return `${text}]`
  }

const isRow = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The parts of a value that should be an object; undefined for any other. */
export const sourceOf = (value: unknown): Source | undefined => {
  if (value instanceof ResponseNode) return value.values
  return isRow(value) ? value : undefined
}
