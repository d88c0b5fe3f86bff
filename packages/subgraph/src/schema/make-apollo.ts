import { ApolloServer } from '@apollo/server'
import {
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled'
import { OperationTypeNode, type GraphQLSchema } from 'graphql'
import type { Logger } from 'pino'
import { publicGraphqlError } from '../public-error.ts'
import { currentRecord } from '../request-record.ts'
import { readsOnce } from './reads-once.ts'

/**
 * A started Apollo Server for one subgraph. It sends nothing to its vendor, whatever APOLLO_* the environment holds,
 * and leaves signals, landing page and CSRF rule alone: its one caller is the gateway.
 */
export const makeApollo = async (schema: GraphQLSchema, log: Logger): Promise<ApolloServer<object>> => {
  const isSingleRead = readsOnce(schema)
  const apollo = new ApolloServer<object>({
    schema,
    // The request's own log line says what Apollo would report as an error.
    logger: {
      debug: message => log.debug(message),
      info: message => log.debug(message),
      warn: message => log.warn(message),
      error: message => log.debug(message),
    },
    nodeEnv: 'production',
    introspection: true,
    csrfPrevention: false,
    persistedQueries: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    formatError: (formatted, error) => {
      const record = currentRecord.getStore()
      return publicGraphqlError(formatted, error, record?.settled === false ? record : undefined)
    },
    plugins: [
      {
        requestDidStart: () =>
          Promise.resolve({
            didResolveOperation: ({ document, operation }) => {
              const scope = currentRecord.getStore()?.scope
              if (scope !== undefined && operation?.operation === OperationTypeNode.QUERY) {
                scope.reads = 'reader'
                scope.isGraph = !isSingleRead(document)
              }
              return Promise.resolve()
            },
          }),
        // What breaks outside of execution reaches `formatError` without its stack.
        unexpectedErrorProcessingRequest: ({ error }) => {
          currentRecord.getStore()?.errors.push({ code: 'INTERNAL_SERVER_ERROR', error })
          return Promise.resolve()
        },
      },
      ApolloServerPluginUsageReportingDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
    ],
  })
  await apollo.start()
  return apollo
}
