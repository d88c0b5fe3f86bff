import { execFile } from 'node:child_process'
import { readFile, readdir, readlink } from 'node:fs/promises'
import { setTimeout as after } from 'node:timers/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)
const hasProc = process.platform === 'linux'

/** Whether a process with this id runs. One that ended but was not reaped by its parent does not. */
export const isRunning = async (pid: number): Promise<boolean> => {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  if (!hasProc) return true
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  const state = status.slice(status.lastIndexOf(')') + 2, status.lastIndexOf(')') + 3)
  return state !== '' && state !== 'Z' && state !== 'X'
}

/** What tells this process from a later one with the same id: when it started. Empty when it is gone. */
export const startStamp = async (pid: number): Promise<string> => {
  if (hasProc) {
    const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
    // Field 22 of proc(5), counted from behind the name, which may hold spaces.
    return status.slice(status.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  }
  return run('ps', ['-o', 'lstart=', '-p', String(pid)]).then(
    result => result.stdout.trim(),
    () => '',
  )
}

/** The command line of a process, its words joined by spaces; empty when it is gone or not ours to see. */
export const commandLine = async (pid: number): Promise<string> => {
  if (hasProc) {
    const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    return text.replaceAll('\0', ' ').trim()
  }
  return run('ps', ['-o', 'command=', '-p', String(pid)]).then(
    result => result.stdout.trim(),
    () => '',
  )
}

/** Ids of PostgreSQL's child processes whose working folder is this data folder. Linux only; else none. */
export const backendsIn = async (dataFolder: string): Promise<readonly number[]> => {
  if (!hasProc) return []
  const pids = (await readdir('/proc')).map(Number).filter(pid => Number.isInteger(pid) && pid > 1)
  const found: number[] = []
  for (const pid of pids) {
    const folder = await readlink(`/proc/${pid}/cwd`).catch(() => '')
    if (folder === dataFolder && /^postgres\b|\/postgres\b/.test(await commandLine(pid))) found.push(pid)
  }
  return found
}

/** Sends a signal; a process that is gone already is no error. */
export const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Waits for a process to end. @returns false when it still ran after `timeoutMs` */
export const waitForEnd = async (pid: number, timeoutMs: number): Promise<boolean> => {
  const giveUpAt = performance.now() + timeoutMs
  while (await isRunning(pid)) {
    if (performance.now() >= giveUpAt) return false
    await after(20)
  }
  return true
}

/** PostgreSQL's three ways down, gentlest first: fast shutdown, immediate shutdown, SIGKILL. Bounded at each step. */
export const stopPostmaster = async (pid: number, fastMs: number): Promise<void> => {
  for (const [name, timeoutMs] of [
    ['SIGINT', fastMs],
    ['SIGQUIT', 5000],
    ['SIGKILL', 5000],
  ] as const) {
    signal(pid, name)
    if (await waitForEnd(pid, timeoutMs)) return
  }
}
