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
if (command === 'test') process.chdir(root)
const words = [node.path, ...flags, join(root, file), ...rest]

// Node.js 22.15 and newer can become the command: one process less to wait, and signals reach the command itself. That
// is so whenever the dependencies were there before, since npm then finds the project's own Node.js first.
process.removeAllListeners('warning') // execve is called experimental, on every start
process.execve?.(node.path, words, environment())

const child = spawn(words[0], words.slice(1), { stdio: 'inherit', env: environment() })
// Ctrl-C reaches the whole foreground group; a plain `kill` reaches only this process, so it is passed on. Either
// way this process outlives its child, to report the child's exit code.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
  })
}
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)))
