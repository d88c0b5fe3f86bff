// What `npm start` and `npm test` run: installs what is missing, then hands over to the project's own Node.js.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { ensureInstalled, environment, node, root } from './install.mjs'

const [command = 'help', ...args] = process.argv.slice(2)

ensureInstalled()

const [file, ...rest] =
  command === 'test'
    ? ['node_modules/jest/bin/jest.js', ...args]
    : ['packages/platform/src/main.ts', command, ...args]
const flags = command === 'test' ? ['--experimental-vm-modules', '--no-warnings'] : ['--no-warnings']

// The working folder stays the caller's for the CLI (paths it is given are relative to it); jest wants the root.
const child = spawn(node.path, [...flags, join(root, file), ...rest], {
  stdio: 'inherit',
  env: environment(),
  ...(command === 'test' ? { cwd: root } : {}),
})
// Ctrl-C reaches the whole foreground group; a plain `kill` reaches only this process, so it is passed on. Either
// way this process outlives its child, to report the child's exit code.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
  })
}
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)))
