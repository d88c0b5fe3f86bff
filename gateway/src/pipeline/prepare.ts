import { MarqueeError } from '@marquee/contract'
import { getVariableValues, OperationTypeNode, type OperationDefinitionNode } from 'graphql'
import type { GatewayConfig } from '../config.ts'
import { oneEachTurn } from '../documents/one-each-turn.ts'
import { pickOperation } from '../documents/pick-operation.ts'
import { RequestErrors } from '../errors/request-errors.ts'
import type { Operation } from '../executor/executor.ts'
import type { Graph } from '../supergraph/graph.ts'
import type { GraphqlRequest } from './receive.ts'

/** One operation and the graph that it was checked against: it runs on that one, whatever is loaded meanwhile. */
export type PreparedOperation = Readonly<{ graph: Graph; operation: Operation }>

export type Prepare = (
  request: GraphqlRequest,
  text: string,
) => PreparedOperation | Promise<PreparedOperation>

const checkMethod = (method: string, definition: OperationDefinitionNode): void => {
  if (definition.operation === OperationTypeNode.SUBSCRIPTION) {
    throw new MarqueeError('BAD_REQUEST', { reason: 'subscriptions are not served' })
  }
  // GraphQL over HTTP, "GET": "GET requests MUST NOT be used for executing mutation operations."
  if (method === 'GET' && definition.operation !== OperationTypeNode.QUERY) {
    throw new MarqueeError('METHOD_NOT_ALLOWED', { reason: 'a mutation cannot be sent by GET' })
  }
}

/**
 * Makes an operation of a document: parsed, within the limits, valid, its variables coercible. Documents that were not met
 * before take milliseconds: one in each turn of the event loop.
 * @throws GRAPHQL_PARSE_FAILED, GRAPHQL_VALIDATION_FAILED, DOCUMENT_TOO_COMPLEX, OPERATION_RESOLUTION_FAILURE,
 *         METHOD_NOT_ALLOWED, BAD_USER_INPUT
 */
export const preparer = (currentGraph: () => Graph, config: GatewayConfig): Prepare => {
  const inTurn = oneEachTurn()
  const prepare = (request: GraphqlRequest, text: string): PreparedOperation => {
    const graph = currentGraph()
    const valid = graph.documents.prepare(text)
    const definition = pickOperation(valid, request.operationName)
    checkMethod(request.raw.method, definition)
    const { errors } = getVariableValues(
      graph.executor.schema,
      definition.variableDefinitions ?? [],
      request.variables,
      { maxErrors: 20, hideSuggestions: !config.introspection },
    )
    if (errors !== undefined) throw new RequestErrors('BAD_USER_INPUT', errors)
    const operation = {
      document: valid.document,
      definition,
      text,
      hash: valid.hash,
      name: request.operationName,
      variables: request.variables,
    }
    return { graph, operation }
  }
  return (request, text) =>
    currentGraph().documents.isKnown(text) ? prepare(request, text) : inTurn(() => prepare(request, text))
}
