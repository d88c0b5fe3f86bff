import { spawn, type ChildProcess } from 'node:child_process'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { MarqueeError } from '@marquee/contract'
import type { Binaries } from './binaries.ts'
import type { Placement } from './placement.ts'
import { backendsIn, signal, stopPostmaster } from './processes.ts'
import { identityOf, serverEnvironment } from './server-environment.ts'
import { lastLines, openLog } from './server-log.ts'

export type Exit = Readonly<{ code: number | null; signal: NodeJS.Signals | null }>

export type Postmaster = Readonly<{ child: ChildProcess; pid: number; exited: Promise<Exit> }>

// A backend in the middle of a long statement notices only at its end that its postmaster is gone.
const sharedMemoryInUse = /pre-existing shared memory block|lock file "postmaster.pid" already exists/
const waitForBackendsMs = 2000
const giveUpOnBackendsMs = 10_000
const startTimeoutMs = 60_000

const spawnPostmaster = async (
  binaries: Binaries,
  placement: Placement,
  port: number,
  logPath: string,
): Promise<Postmaster> => {
  const log = await openLog(logPath)
  const settings = { listen_addresses: '127.0.0.1', port: String(port), unix_socket_directories: '' }
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  try {
    const child = spawn(binaries.postgres, ['-D', placement.data, ...args], {
      ...identityOf(placement.runAs),
      cwd: '/',
      env: serverEnvironment,
      stdio: ['ignore', log.fd, log.fd],
      // A session of its own: Ctrl-C in the terminal stops the services first, and they stop this.
      detached: true,
    })
    const exited = new Promise<Exit>(resolve => {
      child.once('exit', (code, name) => resolve({ code, signal: name }))
      child.once('error', () => resolve({ code: 1, signal: null }))
    })
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', reject)
    })
    return { child, pid: child.pid ?? 0, exited }
  } finally {
    await log.close()
  }
}

/** Line 8 of postmaster.pid says how far the server is: `ready` for a primary, `standby` for a replica. */
const isReady = async (data: string, pid: number): Promise<boolean> => {
  const lines = (await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
  return Number(lines[0]) === pid && /^(ready|standby)/.test(lines[7] ?? '')
}

const waitUntilReady = async (data: string, postmaster: Postmaster): Promise<'ready' | 'ended' | 'late'> => {
  let hasEnded = false
  void postmaster.exited.then(() => {
    hasEnded = true
  })
  const giveUpAt = performance.now() + startTimeoutMs
  while (performance.now() < giveUpAt) {
    if (hasEnded) return 'ended'
    if (await isReady(data, postmaster.pid)) return 'ready'
    await after(5)
  }
  return 'late'
}

/**
 * Starts the server and waits until it takes connections. While backends of a killed server still hold its memory,
 * it tries again, and after 2 s ends them.
 * @throws POSTGRES_START_FAILED with the last lines of the log
 */
export const startPostmaster = async (
  binaries: Binaries,
  placement: Placement,
  port: number,
  logPath: string,
): Promise<Postmaster> => {
  const firstAt = performance.now()
  let hasEndedBackends = false
  for (;;) {
    const logFrom = await stat(logPath).then(
      found => found.size,
      () => 0,
    )
    const failed = (reason: string, cause?: unknown): MarqueeError =>
      new MarqueeError('POSTGRES_START_FAILED', { reason, log: logPath }, { cause })
    const postmaster = await spawnPostmaster(binaries, placement, port, logPath).catch((error: Error) => {
      throw failed(error.message, error)
    })
    const outcome = await waitUntilReady(placement.data, postmaster)
    if (outcome === 'ready') return postmaster
    if (outcome === 'late') {
      await stopPostmaster(postmaster.pid, 2000)
      throw failed(`it was not ready within ${startTimeoutMs / 1000} s`)
    }
    const lines = await lastLines(logPath, logFrom, 3)
    const waitedMs = performance.now() - firstAt
    if (!sharedMemoryInUse.test(lines.join('\n')) || waitedMs > giveUpOnBackendsMs) {
      throw failed(lines.join(' ') || 'it ended without a word')
    }
    if (waitedMs > waitForBackendsMs && !hasEndedBackends) {
      hasEndedBackends = true
      for (const pid of await backendsIn(placement.data)) signal(pid, 'SIGQUIT')
    }
    await after(100)
  }
}
