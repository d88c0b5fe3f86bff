#!/usr/bin/env node
// The command `marquee`. Plain JavaScript, because the machine's own Node.js (>= 20) may not run TypeScript:
// then the project's own one (the npm package `node`) takes over.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const [major, minor] = process.versions.node.split('.').map(Number)

if (major > 22 || (major === 22 && minor >= 18)) {
  await import(main)
} else {
  const own = fileURLToPath(new URL('../../../node_modules/node/bin/node', import.meta.url))
  if (!existsSync(own)) {
    console.error(`marquee: Node.js ${process.versions.node} is too old, and the project's own one is not installed.
  Mend: run \`npm ci\` in the project, or install Node.js 22.18 or later.`)
    process.exit(1)
  }
  const child = spawn(own, ['--no-warnings', main, ...process.argv.slice(2)], { stdio: 'inherit' })
  // Ctrl-C on a terminal reaches the child by itself; a plain `kill` reaches only this process.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    })
  }
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)))
}
