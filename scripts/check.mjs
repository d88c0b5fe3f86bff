// `npm run check`: everything that can be said about the code without running it. Stops at nothing: all
// checks run, side by side, so that one run shows all that is red.
import { spawn } from 'node:child_process'
import { ensureInstalled, node } from './install.mjs'

ensureInstalled()

const checks = {
  format: ['oxfmt', '--check'],
  lint: ['oxlint', '--type-aware', '--deny-warnings'],
  types: ['tsc', '--noEmit'],
  layers: [
    'depcruise',
    '--config',
    '.dependency-cruiser.mjs',
    'gateway',
    'subgraphs',
    'packages',
    'tests',
    'bench',
    'drills',
  ],
  'dead code': ['knip'],
}

const run = ([command, ...args]) =>
  new Promise(resolve => {
    const child = spawn(command, args, {
      env: { ...process.env, PATH: `${node.binFolder}:${process.env.PATH}` },
    })
    let output = ''
    child.stdout.on('data', chunk => (output += chunk))
    child.stderr.on('data', chunk => (output += chunk))
    child.on('error', error => resolve({ ok: false, output: String(error) }))
    child.on('close', code => resolve({ ok: code === 0, output }))
  })

const wanted = process.argv.slice(2)
const results = await Promise.all(
  Object.entries(checks)
    .filter(([name]) => wanted.length === 0 || wanted.includes(name))
    .map(async ([name, command]) => {
      const started = performance.now()
      const result = await run(command)
      const seconds = ((performance.now() - started) / 1000).toFixed(1)
      console.log(`${result.ok ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`)
      if (!result.ok) console.log(result.output)
      return result.ok
    }),
)
process.exit(results.every(Boolean) ? 0 : 1)
