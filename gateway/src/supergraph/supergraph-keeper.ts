import { readFile, rename, stat, writeFile } from 'node:fs/promises'
import { MarqueeError } from '@marquee/contract'
import type { Logger } from 'pino'
import type { GatewayConfig } from '../config.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { supergraphId, type BuildGraph, type Graph } from './graph.ts'
import { watchFile } from './watch-file.ts'

/** Tells the parent process what happened to the supergraph. */
export type Notify = (name: string, details: Readonly<Record<string, unknown>>) => void

export type KeeperParts = Readonly<{
  build: BuildGraph
  log: Logger
  metrics: Metrics
  notify: Notify
  /** How long a request may take, in ms. */
  deadlineMs: number
}>

const lastGoodOf = (file: string): string => `${file}.last-good`

const read = async (file: string): Promise<string> => {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const reason = code === 'ENOENT' ? `there is no file ${file}` : message
    throw new MarqueeError('SUPERGRAPH_INVALID', { reason }, { cause: error })
  }
}

/** Holds the graph that new requests run on, and replaces it when its file changes to another good one. */
export class SupergraphKeeper {
  readonly #config: GatewayConfig['supergraph']
  readonly #parts: KeeperParts
  #graph: Graph
  /** Of the text looked at last, good or bad, so that each is judged once. */
  #seen: string
  #stamp = ''
  #checking: Promise<void> | undefined
  #checkAgain = false
  #isClosed = false
  #unwatch: () => void = () => {}

  private constructor(config: GatewayConfig['supergraph'], parts: KeeperParts, graph: Graph, seen: string) {
    this.#config = config
    this.#parts = parts
    this.#graph = graph
    this.#seen = seen
    if (config.watch) this.#unwatch = watchFile(config.file, config.pollMs, () => void this.check())
  }

  /**
   * Loads the file, or the copy of the last good one when that fails. A file that is like that copy was served before,
   * and is not validated once more.
   * @throws SUPERGRAPH_INVALID when neither can be loaded
   */
  static async open(config: GatewayConfig['supergraph'], parts: KeeperParts): Promise<SupergraphKeeper> {
    const lastGood = config.keepLastGood
      ? await readFile(lastGoodOf(config.file), 'utf8').catch(() => '')
      : ''
    let sdl = ''
    try {
      sdl = await read(config.file)
      const graph = await parts.build(sdl, { isKnownValid: sdl === lastGood })
      const keeper = new SupergraphKeeper(config, parts, graph, supergraphId(sdl))
      await keeper.#accepted(sdl)
      return keeper
    } catch (error) {
      if (lastGood === '' || lastGood === sdl) throw error
      const graph = await parts.build(lastGood, { isKnownValid: true })
      const reason = (error as Error).message
      parts.log.error(
        { reason, using: lastGoodOf(config.file) },
        'supergraph refused, the last good one serves',
      )
      parts.metrics.supergraphLoads.inc({ outcome: 'last-good' })
      parts.notify('supergraph-refused', { reason, serving: graph.id })
      return new SupergraphKeeper(config, parts, graph, supergraphId(sdl))
    }
  }

  /** The graph for a request that begins now. */
  current(): Graph {
    return this.#graph
  }

  /** Looks at the file now. One look at a time; a change during one leads to another. */
  check(): Promise<void> {
    if (this.#checking !== undefined) {
      this.#checkAgain = true
      return this.#checking
    }
    this.#checking = this.#look().finally(() => {
      this.#checking = undefined
      if (!this.#checkAgain || this.#isClosed) return
      this.#checkAgain = false
      void this.check()
    })
    return this.#checking
  }

  /** Ends what the graph that serves has open. To be called when no request is in flight. */
  async close(): Promise<void> {
    this.#unwatch()
    this.#isClosed = true
    await this.#checking
    await this.#graph.engine?.close()
  }

  /** No request that began on it lives longer than this. */
  #retire({ engine }: Graph): void {
    setTimeout(() => void engine?.close(), this.#parts.deadlineMs).unref()
  }

  async #look(): Promise<void> {
    const { file } = this.#config
    const stats = await stat(file).catch(() => undefined)
    const stamp = stats === undefined ? 'missing' : `${stats.ino}:${stats.size}:${stats.mtimeMs}`
    if (stamp === this.#stamp) return
    this.#stamp = stamp
    try {
      const sdl = await read(file)
      const id = supergraphId(sdl)
      if (id === this.#seen) return
      this.#seen = id
      // Built beside the one that serves; nobody waits for it.
      const before = this.#graph
      this.#graph = await this.#parts.build(sdl, { before })
      this.#retire(before)
      await this.#accepted(sdl)
    } catch (error) {
      const reason = (error as Error).message
      this.#parts.log.error(
        { reason, serving: this.#graph.id },
        'supergraph refused, the one before serves on',
      )
      this.#parts.metrics.supergraphLoads.inc({ outcome: 'refused' })
      this.#parts.notify('supergraph-refused', { reason, serving: this.#graph.id })
    }
  }

  async #accepted(sdl: string): Promise<void> {
    const { id } = this.#graph
    this.#parts.log.info({ id }, 'supergraph loaded')
    this.#parts.metrics.supergraphLoads.inc({ outcome: 'loaded' })
    this.#parts.notify('supergraph-loaded', { id })
    if (!this.#config.keepLastGood) return
    const copy = lastGoodOf(this.#config.file)
    try {
      await writeFile(`${copy}.${process.pid}`, sdl)
      await rename(`${copy}.${process.pid}`, copy)
    } catch (error) {
      this.#parts.log.debug({ reason: (error as Error).message }, 'no copy of the supergraph could be kept')
    }
  }
}
