import { readFile, rm } from 'node:fs/promises'
import { MarqueeError } from '@marquee/contract'
import { z } from 'zod'
import { writeAtomically } from '../compose/write-atomically.ts'
import { dataFolder } from './data-folder.ts'
import { holderOf } from './folder-lock.ts'

const serviceSchema = z.object({
  name: z.string(),
  state: z.enum(['starting', 'running', 'restarting', 'stopped']),
  pid: z.int(),
  url: z.string(),
  restarts: z.int(),
})

const stateSchema = z.object({
  pid: z.int(),
  startedAt: z.iso.datetime(),
  url: z.string(),
  folder: z.string(),
  services: z.array(serviceSchema).readonly(),
  demo: z.object({ email: z.string(), password: z.string() }).nullable(),
  /** The topology, as section `data` of marquee.yaml has it. Holds passwords: the file is its owner's alone. */
  databases: z.record(z.string(), z.unknown()),
})

/** What a running platform tells other commands about itself, in its data folder. */
export type PlatformState = z.output<typeof stateSchema>

export type StateKeeper = Readonly<{
  /** Writes the state, and from then on again at each `update`. */
  keep: (describe: () => Omit<PlatformState, 'pid' | 'startedAt'>) => Promise<void>
  update: () => void
  remove: () => Promise<void>
}>

/** Keeps the state file of this process's platform true. */
export const stateKeeper = (path: string): StateKeeper => {
  const startedAt = new Date().toISOString()
  let describe: (() => Omit<PlatformState, 'pid' | 'startedAt'>) | undefined
  let writing: Promise<void> = Promise.resolve()
  const write = (): Promise<void> => {
    writing = writing
      .then(async () => {
        if (describe === undefined) return
        const state: PlatformState = { pid: process.pid, startedAt, ...describe() }
        await writeAtomically(path, `${JSON.stringify(state, undefined, 2)}\n`, 0o600)
      })
      // A full disk: the platform goes on, `marquee status` is behind.
      .catch(() => undefined)
    return writing
  }
  return {
    keep: describeNow => {
      describe = describeNow
      return write()
    },
    update: () => void write(),
    remove: async () => {
      describe = undefined
      await writing
      await rm(path, { force: true })
    },
  }
}

/**
 * The state of the platform that runs in a folder.
 * @throws NOT_RUNNING, also for a file that a killed one left behind
 */
export const readRunningState = async (folder: string): Promise<PlatformState> => {
  const pid = await holderOf(folder)
  const text = await readFile(dataFolder(folder).state, 'utf8').catch(() => '')
  try {
    const state = stateSchema.parse(JSON.parse(text))
    if (state.pid === pid) return state
  } catch {
    // Of another version, or still to be written.
  }
  throw new MarqueeError('NOT_RUNNING', { folder })
}
