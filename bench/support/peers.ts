import { access } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Processes } from './processes.ts'

const folder = fileURLToPath(new URL('../peers/', import.meta.url))

/** Installs bench/peers (about 650 MB) where it is not yet. Says so, and says when it fails; peers are then not measured. */
export const installPeers = async (processes: Processes): Promise<void> => {
  const isThere = await access(`${folder}node_modules`).then(
    () => true,
    () => false,
  )
  if (isThere) return
  console.log('Installing the peers into bench/peers (once, about a minute) ...')
  const args = ['ci', '--no-audit', '--no-fund']
  await processes
    .run({ command: 'npm', args, cwd: folder, core: 'any' })
    .catch((error: Error) => console.error(`The peers are not installed: ${error.message}`))
}
