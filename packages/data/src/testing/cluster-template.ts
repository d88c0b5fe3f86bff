import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { cp, mkdir, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { clusterVersion, createCluster } from '../embedded/cluster.ts'

/** The password of every test server: its cluster is a copy of one template. */
export const testPassword = 'test'

const run = promisify(execFile)

// `cp -a` keeps owner and mode; Node's own copy does not.
const copyFolder = async (from: string, to: string): Promise<void> => {
  if (process.platform === 'win32') await cp(from, to, { recursive: true })
  else await run('cp', ['-a', from, to])
}

/** Makes a cluster by copying one that initdb made once on this machine: a tenth of the time. */
export const copyTemplate: typeof createCluster = async (binaries, placement, password, sync) => {
  const owner = placement.runAs?.uid ?? process.getuid?.() ?? 'user'
  const template = join(tmpdir(), `marquee-test-template-${binaries.version}-${owner}`)
  const data = join(template, 'data')
  if ((await clusterVersion(data)) === undefined) {
    const draft = `${template}.${randomUUID()}`
    await mkdir(draft, { mode: 0o711 })
    await createCluster(binaries, { ...placement, data: join(draft, 'data') }, password, sync)
    await rename(draft, template).catch(async (error: unknown) => {
      await rm(draft, { recursive: true, force: true })
      if ((await clusterVersion(data)) === undefined) throw error
    })
  }
  await copyFolder(data, placement.data)
}
