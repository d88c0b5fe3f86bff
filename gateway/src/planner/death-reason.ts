/** How a process ended, or why it never began. */
export type Exit = Readonly<{ code: number | null; signal: NodeJS.Signals | null; error?: Error }>

const howOf = ({ code, signal }: Exit): string => {
  if (signal === null) return `ended with code ${code}`
  return signal === 'SIGKILL' ? 'was killed, perhaps by a system without memory' : `was ended by ${signal}`
}

/** The one line that says why, in V8's report of a crash or in Node's of an error. */
const telling = /^(?:FATAL ERROR|# Fatal|\w*Error\b).*$/m

/**
 * Why a planning process died, in one line for the log.
 * @param complaint  what it printed on its way out: V8 adds its stack and its collections, which help nobody here
 */
export const deathReason = (exit: Exit, complaint: string, maxHeapMb: number): string => {
  if (exit.error !== undefined) return `the planning process could not be started: ${exit.error.message}`
  if (/out of memory/i.test(complaint))
    return `the planning process needed more than ${maxHeapMb} MB (gateway.planner.maxHeapMb)`
  const [line] = telling.exec(complaint) ?? []
  return `the planning process ${howOf(exit)}${line === undefined ? '' : `: ${line}`}`
}
