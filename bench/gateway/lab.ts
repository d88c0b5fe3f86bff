import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { freePort } from '../support/free-port.ts'
import { cpuTicksOf } from '../support/process-tree.ts'
import type { Processes, Started } from '../support/processes.ts'
import { bodyOf, type Operation } from './operations.ts'
import type { Subgraphs } from './subgraphs/start-subgraphs.ts'
import type { Subject } from './subjects/subject.ts'

export type Running = Readonly<{
  subject: Subject
  started: Started
  url: string
  /** From the start of the process to its first answer. */
  readyMs: number
}>

const readyWithinMs = 60_000

const post = async (
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
): Promise<string> => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
    body,
    signal: AbortSignal.timeout(30_000),
  })
  return response.text()
}

/** The line of a failed program's output that says what is wrong. */
const complaintIn = (output: string): string => {
  const lines = output.trim().split('\n')
  return lines.find(line => /error|cannot|failed/i.test(line)) ?? lines.at(-1) ?? ''
}

/** Starts subjects on one graph when they are first needed, and asks them. */
export class Lab {
  readonly processes: Processes
  readonly subgraphs: Subgraphs
  readonly folder: string
  readonly #first: Operation
  readonly #startsOnAnyCore: boolean
  readonly #running = new Map<Subject, Promise<Running>>()

  /**
   * @param first  what a subject must answer to count as started
   * @param startsOnAnyCore  a subject goes to its core only when it has started: quicker with many to start
   */
  constructor(
    processes: Processes,
    subgraphs: Subgraphs,
    folder: string,
    first: Operation = { query: '{ __typename }' },
    startsOnAnyCore = false,
  ) {
    this.processes = processes
    this.subgraphs = subgraphs
    this.folder = folder
    this.#first = first
    this.#startsOnAnyCore = startsOnAnyCore
  }

  /** @throws when it does not answer within a minute, with what it printed */
  running(subject: Subject): Promise<Running> {
    const known = this.#running.get(subject)
    if (known !== undefined) return known
    const starting = this.#start(subject)
    // Whoever waits for it is told; nobody may be waiting yet.
    starting.catch(() => {})
    this.#running.set(subject, starting)
    return starting
  }

  async stop(subject: Subject): Promise<void> {
    const running = await this.#running.get(subject)?.catch(() => undefined)
    this.#running.delete(subject)
    if (running !== undefined) await this.processes.stop(running.started)
  }

  /** The whole answer. @param n  what `@n@` in the operation becomes */
  async ask({ url }: Running, operation: Operation, n = 10_000_000): Promise<string> {
    return post(url, bodyOf(operation).replaceAll('@n@', String(n)), { 'x-user': `user${n}` })
  }

  /** `data` of the answer. @throws when there are errors */
  async data(running: Running, operation: Operation): Promise<unknown> {
    const text = await this.ask(running, operation)
    const { data, errors } = JSON.parse(text) as { data?: unknown; errors?: readonly unknown[] }
    if (errors !== undefined || data === undefined) throw new Error(`answers ${text.slice(0, 300)}`)
    return data
  }

  /** Writes the requests that one operation causes, and its answer, into a file of the lab's folder. */
  async record(running: Running, operation: Operation, file: string): Promise<void> {
    await this.ask(running, operation)
    let answer = ''
    const requests = await this.subgraphs.record(async () => {
      answer = await this.ask(running, operation)
    })
    await writeFile(join(this.folder, file), JSON.stringify({ requests, answer }))
  }

  /** Waits until a subject no longer works on requests that nobody waits for, so that it does not disturb the next. */
  async settled({ started }: Running): Promise<void> {
    let before = -1
    for (let tries = 0; tries < 100; tries += 1) {
      const ticks = await cpuTicksOf(started.pid)
      if (ticks - before < 2 && before !== -1) return
      before = ticks
      await sleep(30)
    }
  }

  async #start(subject: Subject): Promise<Running> {
    const { folder, subgraphs } = this
    const port = await freePort()
    const command = await subject.start({ port, folder, subgraphs })
    const began = performance.now()
    const env = { NODE_ENV: 'production', ...command.env }
    const core = this.#startsOnAnyCore ? 'any' : subject.core
    const started = this.processes.start({ ...command, env, core })
    const url = `http://127.0.0.1:${port}${subject.path}`
    while (performance.now() - began < readyWithinMs) {
      const answer = await post(url, bodyOf(this.#first), {}).catch(() => '')
      const readyMs = performance.now() - began
      if (answer.startsWith('{"data":{')) {
        if (core !== subject.core) await this.processes.pin(started, subject.core)
        return Object.freeze({ subject, started, url, readyMs })
      }
      if (started.child.exitCode !== null) break
      await sleep(20)
    }
    await this.processes.stop(started)
    throw new Error(`does not start: ${complaintIn(started.output())}`)
  }
}

/** Name and version; the name alone of what has no version, or is not installed. */
export const titleOf = async ({ name, package: file }: Subject): Promise<string> => {
  if (file === undefined) return name
  const text = await readFile(new URL(file, new URL('subjects/', import.meta.url)), 'utf8').catch(() => '{}')
  const { version } = JSON.parse(text) as { version?: string }
  const [product, ...details] = name.split(', ')
  return version === undefined ? name : [`${product} ${version}`, ...details].join(', ')
}

/** Whether two answers say the same; the order of fields is not looked at. */
export const isEqual = isDeepStrictEqual
