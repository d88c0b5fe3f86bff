import { randomBytes } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { MarqueeError } from '@marquee/contract'
import { z } from 'zod'

const stateSchema = z.object({ port: z.int().min(0).max(65_535), password: z.string().min(1) })

/** What a server keeps from one start to the next. */
export type ServerState = z.output<typeof stateSchema>

const stateFile = 'server.json'

/** Reads it, or makes a new one with a random password; `port` 0 means none was chosen yet. */
export const readState = async (folder: string): Promise<ServerState> => {
  const text = await readFile(join(folder, stateFile), 'utf8').catch(() => undefined)
  if (text === undefined) return { port: 0, password: randomBytes(24).toString('base64url') }
  try {
    return stateSchema.parse(JSON.parse(text))
  } catch (error) {
    throw new MarqueeError(
      'POSTGRES_START_FAILED',
      { reason: `${join(folder, stateFile)}, which holds its password, is damaged`, log: 'not written' },
      { cause: error },
    )
  }
}

/** Only its owner may read it: it holds the password. */
export const writeState = async (folder: string, state: ServerState): Promise<void> => {
  const path = join(folder, stateFile)
  await writeFile(`${path}.new`, `${JSON.stringify(state)}\n`, { mode: 0o600 })
  await rename(`${path}.new`, path)
}

const bindable = (port: number): Promise<number | undefined> =>
  new Promise(resolve => {
    const probe = createServer()
    probe.once('error', () => resolve(undefined))
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = probe.address()
      const found = typeof address === 'object' && address !== null ? address.port : undefined
      probe.close(() => resolve(found))
    })
  })

// Servers that start side by side choose before any of them listens.
const handedOut = new Set<number>()

const anyPort = async (): Promise<number | undefined> => {
  for (;;) {
    const port = await bindable(0)
    if (port === undefined || !handedOut.has(port)) return port
  }
}

/**
 * The port asked for; else the one of last time, if it is still free; else any free one.
 * @throws PORT_IN_USE when the port asked for is taken
 */
export const choosePort = async (asked: number | undefined, last: number): Promise<number> => {
  if (asked !== undefined && asked !== 0) {
    const port = await bindable(asked)
    if (port === undefined) throw new MarqueeError('PORT_IN_USE', { port: asked })
    return port
  }
  const port = (last === 0 ? undefined : await bindable(last)) ?? (await anyPort())
  if (port === undefined) throw new MarqueeError('PORT_IN_USE', { port: last })
  handedOut.add(port)
  return port
}
