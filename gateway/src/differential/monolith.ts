import { execute, type DocumentNode, type ExecutionResult, type GraphQLSchema } from 'graphql'
import type { Execution, GraphData } from './graph-data.ts'
import { instance, isInstance, type Instance } from './instance.ts'
import { fieldOf, type GraphModel } from './model.ts'

/** Executes an operation on the whole graph in one plain graphql-js schema. */
export type Monolith = (
  document: DocumentNode,
  variables: Readonly<Record<string, unknown>>,
  execution: Execution,
  operationName?: string,
) => Promise<ExecutionResult>

/** @param schema  what clients see of the supergraph */
export const monolithOf =
  (model: GraphModel, data: GraphData, schema: GraphQLSchema): Monolith =>
  async (document, variables, execution, operationName) =>
    execute({
      schema,
      document,
      variableValues: variables,
      operationName,
      fieldResolver: (source: Instance | undefined, args, _context, info) => {
        const isRoot =
          info.parentType === schema.getQueryType() || info.parentType === schema.getMutationType()
        const root = info.parentType === schema.getMutationType() ? 'Mutation' : 'Query'
        const at = isRoot ? instance(root, '') : (source as Instance)
        return data.value(execution, at, fieldOf(model, at.type, info.fieldName), args)
      },
      typeResolver: value => (isInstance(value) ? value.type : undefined),
    })
