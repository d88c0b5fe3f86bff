import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

/** True while a process with this id runs, whoever owns it. */
export const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/**
 * When a process started, as text to compare: process ids come round again, pairs of id and stamp do not. Empty where
 * the system does not tell.
 */
export const startStamp = async (pid: number): Promise<string> => {
  try {
    if (process.platform === 'linux') {
      const [stat, boot] = await Promise.all([
        readFile(`/proc/${pid}/stat`, 'utf8'),
        readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
      ])
      // The name of the program, in parentheses, may hold spaces; the start time is the 20th word after it.
      const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
      return `${boot.trim()}:${ticks}`
    }
    const { stdout } = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)])
    return stdout.trim()
  } catch {
    return ''
  }
}
