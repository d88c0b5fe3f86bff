import { MarqueeError } from '@marquee/contract'
import type { OperationDefinitionNode } from 'graphql'
import type { ValidDocument } from './document-store.ts'

/**
 * The operation that a request means.
 * @throws OPERATION_RESOLUTION_FAILURE when there is no such one, or more than one and no name
 */
export const pickOperation = (
  { operations }: ValidDocument,
  name: string | undefined,
): OperationDefinitionNode => {
  const unclear = (reason: string): MarqueeError =>
    new MarqueeError('OPERATION_RESOLUTION_FAILURE', { reason })
  const [only] = operations
  if (name !== undefined) {
    const named = operations.find(operation => operation.name?.value === name)
    if (named === undefined) throw unclear(`the document has no operation "${name.slice(0, 80)}".`)
    return named
  }
  if (only === undefined) throw unclear('the document has no operation.')
  if (operations.length > 1) throw unclear(`the document has ${operations.length} operations.`)
  return only
}
