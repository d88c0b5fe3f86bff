// Installs the dependencies when they are missing or older than package-lock.json. Runs on the machine's own
// Node.js (>= 20), before anything is installed, so it uses nothing but Node's own modules.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))
const stamp = join(root, 'node_modules', '.installed-lock')

/** The project's own Node.js: newer than the machine's, installed from npm (docs/decisions/0001-own-node.md). */
export const node = {
  binFolder: join(root, 'node_modules', '.bin'),
  path: join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node'),
}

const lockHash = () =>
  createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')

const isCurrent = () =>
  existsSync(node.path) && existsSync(stamp) && readFileSync(stamp, 'utf8') === lockHash()

/**
 * Makes node_modules match package-lock.json. Exits with code 1 and a line that says how to mend it when npm fails.
 * @param {{ log?: (line: string) => void }} options
 */
export const ensureInstalled = ({ log = line => console.error(line) } = {}) => {
  if (isCurrent()) return
  log(
    existsSync(stamp)
      ? 'Dependencies are out of date: running npm ci …'
      : 'Dependencies are missing: running npm ci …',
  )
  rmSync(stamp, { force: true })
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  })
  if (npm.status !== 0 || !existsSync(node.path)) {
    log(
      'npm ci failed (its output is above). Mend: check the network and the npm registry, then run this command again.',
    )
    process.exit(1)
  }
  writeFileSync(stamp, lockHash())
}

/** The environment in which the project's own Node.js and tools come first on the PATH. */
export const environment = (extra = {}) => ({
  ...process.env,
  PATH: `${node.binFolder}${delimiter}${process.env.PATH}`,
  ...extra,
})
