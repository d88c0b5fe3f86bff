import { Kind, parse, type SelectionSetNode } from 'graphql'
import { supergraphInvalid } from './supergraph-invalid.ts'

/**
 * Parses a field set, with or without its outer braces.
 * @throws SUPERGRAPH_INVALID when it is none
 */
export const parseFieldSet = (text: string): SelectionSetNode => {
  const trimmed = text.trim()
  try {
    const document = parse(trimmed.startsWith('{') ? trimmed : `{${trimmed}}`, { noLocation: true })
    const [operation] = document.definitions
    if (operation?.kind === Kind.OPERATION_DEFINITION) return operation.selectionSet
    throw new Error('it has no fields')
  } catch (error) {
    throw supergraphInvalid(`"${trimmed}" is no field set: ${(error as Error).message}`, error)
  }
}
