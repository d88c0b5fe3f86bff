import { fork } from 'node:child_process'
import { createInterface } from 'node:readline'

export type ToolRun = Readonly<{
  script: string
  args: readonly string[]
  env: NodeJS.ProcessEnv
  /** Gets each line that it prints to stdout. */
  onLine: (line: string) => void
  /** Ends it. */
  signal: AbortSignal
}>

/**
 * Runs a command to its end in a process of its own, so that what it loads takes no memory here afterwards.
 * @returns its exit code (null when it was killed) and what it wrote to stderr
 */
export const runTool = ({
  script,
  args,
  env,
  onLine,
  signal,
}: ToolRun): Promise<{ code: number | null; errors: string }> =>
  new Promise((resolve, reject) => {
    if (signal.aborted) {
      resolve({ code: null, errors: '' })
      return
    }
    const child = fork(script, args, {
      execPath: process.execPath,
      execArgv: ['--no-warnings'],
      env,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true,
    })
    let errors = ''
    child.stderr?.on('data', (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-4000)))
    if (child.stdout !== null) createInterface({ input: child.stdout }).on('line', onLine)
    const end = (): void => {
      child.kill('SIGKILL')
    }
    signal.addEventListener('abort', end, { once: true })
    child.once('error', reject)
    child.once('close', code => {
      signal.removeEventListener('abort', end)
      resolve({ code, errors })
    })
  })
