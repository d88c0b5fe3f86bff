// Installs the dependencies when they are missing or older than package-lock.json. Runs on the machine's own
// Node.js (>= 20), before anything is installed, so it uses nothing but Node's own modules.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))
const installed = join(root, 'node_modules', '.package-lock.json')

/** The project's own Node.js: newer than the machine's, installed from npm (docs/decisions/0001-own-node.md). */
export const node = {
  binFolder: join(root, 'node_modules', '.bin'),
  path: join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node'),
}

const packagesOf = path => JSON.parse(readFileSync(path, 'utf8')).packages

/** npm keeps its own record of what it installed; every package of the lock file must be in it at its version. */
const isCurrent = () => {
  if (!existsSync(node.path) || !existsSync(installed)) return false
  const has = packagesOf(installed)
  return Object.entries(packagesOf(join(root, 'package-lock.json'))).every(
    ([path, wanted]) =>
      // Packages of other platforms are left out by npm; workspaces are links.
      !path.includes('node_modules/') ||
      wanted.optional ||
      wanted.peer ||
      wanted.link ||
      has[path]?.version === wanted.version,
  )
}

/**
 * Makes node_modules match package-lock.json. Exits with code 1 and a line that says how to mend it when npm fails.
 * @param {{ log?: (line: string) => void }} options
 */
export const ensureInstalled = ({ log = line => console.error(line) } = {}) => {
  if (isCurrent()) return
  log(
    existsSync(installed)
      ? 'Dependencies are out of date: running npm ci …'
      : 'Dependencies are missing: running npm ci …',
  )
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
}

/** The environment in which the project's own Node.js and tools come first on the PATH. */
export const environment = (extra = {}) => ({
  ...process.env,
  PATH: `${node.binFolder}${delimiter}${process.env.PATH}`,
  ...extra,
})
