import { createHash } from 'node:crypto'
import { anonymous } from '@marquee/contract'
import { Kind, type DocumentNode } from 'graphql'
import { consistencyLedger } from '../executor/consistency-ledger.ts'
import { callerKey } from '../fleet/caller-key.ts'
import type { Executor, FetchContext, Operation } from '../executor/executor.ts'

/** What came of an operation, as JSON. */
export type Outcome = Readonly<{
  data: unknown
  errors: readonly Readonly<{
    message: string
    path?: readonly (string | number)[] | undefined
    extensions?: Readonly<Record<string, unknown>> | undefined
  }>[]
}>

/** Answers operations: what is tested. */
export type Subject = (
  operation: Readonly<{
    document: DocumentNode
    text: string
    variables: Readonly<Record<string, unknown>>
    operationName?: string
  }>,
) => Promise<Outcome>

const deadlineMs = 60_000

const noHeaders = Object.freeze({})
const caller = callerKey(anonymous, noHeaders)

/** Of a request that nobody ends. */
export const fetchContext = (): FetchContext => ({
  requestId: 'differential',
  identity: anonymous,
  signal: new AbortController().signal,
  deadlineAt: performance.now() + deadlineMs,
  deadlineMs,
  callerKey: caller,
  forwarded: noHeaders,
  consistency: consistencyLedger({}),
})

/** An executor of the gateway as a subject. */
export const executorSubject =
  (executor: Executor): Subject =>
  async ({ document, text, variables, operationName }) => {
    const definition = document.definitions.find(node => node.kind === Kind.OPERATION_DEFINITION)
    if (definition === undefined) throw new TypeError('a document without an operation')
    const operation: Operation = {
      document,
      definition,
      text,
      hash: createHash('sha256').update(text).digest('hex'),
      name: operationName ?? definition.name?.value,
      variables,
    }
    const result = await executor.execute(operation, fetchContext())
    const errors = result.errors.map(({ message, path, extensions }) => ({ message, path, extensions }))
    // As a client gets it.
    return { data: JSON.parse(String(result.data)), errors: JSON.parse(JSON.stringify(errors)) }
  }
