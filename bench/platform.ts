import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { memoryOf } from './support/process-tree.ts'
import { benchOptions, median, report } from './support/report.ts'

// How long `npm start` takes, as a user meets it (npm included), and what the idle platform weighs.

const options = benchOptions(
  'platform',
  'Time of `npm start` to ready, cold and warm, and memory of the idle platform.',
)
const root = fileURLToPath(new URL('..', import.meta.url))

type Started = Readonly<{ npm: ChildProcess; seconds: number }>

const start = async (folder: string): Promise<Started> => {
  const began = performance.now()
  const npm = spawn('npm', ['start', '--silent', '--', '--json', '--port', '0', '--data', folder], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface({ input: npm.stdout })) {
    if (line.includes('"event":"ready"')) {
      const seconds = (performance.now() - began) / 1000
      npm.stdout.resume()
      return { npm, seconds }
    }
  }
  throw new Error('npm start ended before it was ready')
}

const stop = async ({ npm }: Started): Promise<void> => {
  npm.kill('SIGINT')
  if (npm.exitCode === null) await once(npm, 'exit')
}

const rounds = options.quick ? 1 : 5
const cold: number[] = []
const warm: number[] = []
const rss: number[] = []
const pss: number[] = []
for (let round = 0; round < rounds; round += 1) {
  const folder = await mkdtemp(join(tmpdir(), 'marquee-bench-'))
  await chmod(folder, 0o711)
  const first = await start(folder)
  cold.push(first.seconds)
  await stop(first)
  const second = await start(folder)
  warm.push(second.seconds)
  await sleep(20_000)
  const used = await memoryOf(second.npm.pid ?? 0)
  rss.push(used.rss)
  pss.push(used.pss)
  await stop(second)
  await rm(folder, { recursive: true, force: true })
  console.log(
    `round ${round + 1} of ${rounds}: cold ${cold.at(-1)?.toFixed(2)} s, warm ${warm.at(-1)?.toFixed(2)} s`,
  )
}

await report(
  'platform',
  [
    { bar: 'cold start, with import', value: median(cold), unit: 's', least: 8, aim: 6 },
    { bar: 'warm start', value: median(warm), unit: 's', least: 2.5, aim: 2 },
    { bar: 'idle platform, RSS', value: median(rss), unit: 'MB', least: 700, aim: 600 },
    { bar: 'idle platform, PSS', value: median(pss), unit: 'MB', least: 700, aim: 500 },
  ],
  options,
)
