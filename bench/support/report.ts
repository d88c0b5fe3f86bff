import { writeFile } from 'node:fs/promises'
import { arch, cpus, platform, totalmem } from 'node:os'
import { parseArgs } from 'node:util'

/** One figure beside what it must be (`least`) and what we want it to be (`aim`). Less is better unless told. */
export type Bar = Readonly<{
  bar: string
  value: number
  unit: string
  least: number
  aim: number
  moreIsBetter?: boolean
  /** Why there is no value. */
  note?: string
}>

export type BenchOptions = Readonly<{ quick: boolean; json: string | undefined }>

/** An option of one bench: whether it takes a value, and what --help says of it. */
export type OwnOption = Readonly<{ type: 'boolean' | 'string'; about: string }>

/**
 * Reads `--quick`, `--json FILE`, `--help` and the options of one bench.
 * @param own  by name; they come back in `own`
 */
export const benchOptions = (
  name: string,
  about: string,
  own: Readonly<Record<string, OwnOption>> = {},
  kind: 'bench' | 'drill' = 'bench',
): BenchOptions & Readonly<{ own: Readonly<Record<string, unknown>> }> => {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean' },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
      ...own,
    },
  })
  if (values.help === true) {
    console.log(`npm run ${kind}:${name} -- [--quick] [--json FILE]\n\n${about}\n`)
    console.log('--quick      fewer rounds, under 60 seconds\n--json FILE  the figures as JSON too')
    for (const [option, { about: text }] of Object.entries(own)) console.log(`--${option}`.padEnd(13) + text)
    process.exit(0)
  }
  return { quick: values.quick ?? false, json: values.json, own: values }
}

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

export const machineName = (): string =>
  `${platform()} ${arch()}, ${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node.js ${process.version}`

/** Prints the bars, writes them as JSON when asked to, and sets exit code 1 when one is missed. */
export const report = async (name: string, bars: readonly Bar[], { json }: BenchOptions): Promise<void> => {
  const judged = bars.map(({ moreIsBetter = false, ...bar }) => ({
    ...bar,
    ok: moreIsBetter ? bar.value >= bar.least : bar.value <= bar.least,
  }))
  console.table(judged)
  const machine = machineName()
  console.log(machine)
  if (json !== undefined)
    await writeFile(json, `${JSON.stringify({ name, machine, bars: judged }, undefined, 2)}\n`)
  if (judged.some(bar => !bar.ok)) process.exitCode = 1
}
