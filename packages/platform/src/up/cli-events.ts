import { MarqueeError } from '@marquee/contract'
import { fileURLToPath } from 'node:url'
import { runTool } from '../supervisor/run-tool.ts'
import { startFailure } from '../supervisor/start-failure.ts'

const main = fileURLToPath(new URL('../main.ts', import.meta.url))

export type CliEvent = Readonly<Record<string, unknown> & { event: string }>

const parseEvent = (line: string): CliEvent | undefined => {
  try {
    return JSON.parse(line) as CliEvent
  } catch {
    return undefined
  }
}

/**
 * Runs another `marquee` command with `--json` and hands over its events.
 * @returns its exit code
 * @throws what the command says in its event `failed`, and SERVICE_START_FAILED when it ends without a word
 */
export const runCommand = async (
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
  onEvent: (event: CliEvent) => void,
): Promise<number | null> => {
  let failure: Error | undefined
  let spoke = false
  const { code, errors } = await runTool({
    script: main,
    args: [...args, '--json'],
    env,
    signal,
    onLine: line => {
      const event = parseEvent(line)
      if (event === undefined) return
      spoke = true
      if (event.event === 'failed') {
        const { code: failed = '', message = '', mend = '' } = event as Partial<Record<string, string>>
        failure = startFailure(`marquee ${args[0]}`, { code: failed, message, mend })
      } else onEvent(event)
    },
  })
  if (failure !== undefined) throw failure
  if (code !== 0 && !spoke && !signal.aborted) {
    const reason = errors.trim().split('\n').at(-1) ?? `it ended with code ${code}`
    throw new MarqueeError('SERVICE_START_FAILED', { service: `marquee ${args[0]}`, reason })
  }
  return code
}
