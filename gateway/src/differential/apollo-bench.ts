import { gatewayConfig } from '../config.ts'
import { apolloExecutor } from '../executor/apollo-executor.ts'
import { inProcess, newTurn } from './in-process.ts'
import type { OpenBench } from './run-case.ts'
import { executorSubject } from './subject.ts'

/** The stock executor. */
export const apolloBench: OpenBench = async federation => {
  const turn = newTurn()
  const send = inProcess(federation, turn)
  const executor = await apolloExecutor(federation.supergraphSdl, gatewayConfig.parse({}), () => send)
  return {
    subject: executorSubject(executor),
    begin: execution => {
      turn.execution = execution
    },
    requests: () => turn.requests,
    close: async () => {},
  }
}
