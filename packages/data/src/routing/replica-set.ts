import { setTimeout as after } from 'node:timers/promises'
import { lsnOffset, MarqueeError, type WalPosition } from '@marquee/contract'
import type { Log } from '../log.ts'
import { Heartbeat, type HeartbeatSettings } from './heartbeat.ts'
import { WriterHistory } from './lag.ts'
import type { Server } from './server.ts'

export type ReplicaSetSettings = Omit<HeartbeatSettings, 'connection'> &
  Readonly<{
    /** How far behind the writer a reader may be, in ms. */
    maxLagMs: number
    /** Most reads that the writer takes over at a time when no reader will do. */
    maxWriterReads: number
    /** How long a read waits for a reader that has replayed what its caller has seen, in ms. */
    catchUpMs: number
    /** How long a statement waits for a server that can take it, in ms. */
    holdMs: number
  }>

/** What a request wants of a reader. */
export type ReaderWish = Readonly<{
  /** Where the caller has seen a database. */
  seen: (database: string) => WalPosition | undefined
  /** How far behind the writer it may be, in ms; the configured bound when undefined. */
  maxLagMs: number | undefined
}>

/** How often readers are asked while somebody waits for one to catch up. */
const catchUpStepMs = 4
const holdStepMs = 20

const isUp = ({ downBecause, observation }: Server): boolean =>
  downBecause === undefined && observation !== undefined

/** A later timeline holds all that was acknowledged on an earlier one. */
const hasReached = ({ observation }: Server, seen: WalPosition): boolean =>
  observation !== undefined &&
  observation.timeline >= seen.timeline &&
  observation.offset >= lsnOffset(seen.lsn)

const isIdler = (one: Server, other: Server): boolean => one.reads.busy() < other.reads.busy()

/** Power of two choices: the idler of two at random. Mitzenmacher, 2001. */
const pick = (servers: readonly Server[]): Server | undefined => {
  const first = Math.floor(Math.random() * servers.length)
  const second = (first + 1 + Math.floor(Math.random() * (servers.length - 1))) % servers.length
  const [one, other] = [servers[first], servers[second]]
  return one !== undefined && other !== undefined && isIdler(other, one) ? other : one
}

/**
 * The servers that hold one database: a writer, and readers that replay its log. Which is which is not believed from
 * the config but observed, so that a promotion, whoever did it, is followed. A single server is not watched, as long as
 * it has always been the only one.
 */
export class ReplicaSet {
  readonly database: string
  #servers: readonly Server[] = []
  readonly #leaving = new Set<Server>()
  readonly #settings: ReplicaSetSettings
  readonly #log: Log
  readonly #history = new WriterHistory()
  readonly #heartbeats = new Map<Server, Heartbeat>()
  #changed = Promise.withResolvers<void>()

  constructor(database: string, servers: readonly Server[], settings: ReplicaSetSettings, log: Log) {
    this.database = database
    this.#settings = settings
    this.#log = log
    this.change(servers)
  }

  get servers(): readonly Server[] {
    return this.#servers
  }

  /**
   * Puts other servers in the place of those that there are. Who is in both goes on; who is gone gets nothing more, and
   * is left when its requests have ended. None at all: statements are held until there are some.
   */
  change(servers: readonly Server[]): void {
    const gone = this.#servers.filter(server => !servers.includes(server))
    const isWatched = this.#heartbeats.size > 0 || servers.length > 1
    this.#servers = servers
    for (const server of gone) {
      this.#heartbeats.get(server)?.stop()
      this.#heartbeats.delete(server)
      this.#leaving.add(server)
      void server.leave().then(() => this.#leaving.delete(server))
    }
    if (isWatched) {
      for (const server of servers) if (!this.#heartbeats.has(server)) this.#watch(server, this.#settings)
    }
    this.#tell()
  }

  /** How long a statement waits for a server that can take it, in ms. */
  get holdMs(): number {
    return this.#settings.holdMs
  }

  get isSingle(): boolean {
    return this.servers.length === 1 && this.#heartbeats.size === 0
  }

  /** The writer as far as is known. Of two that say so, the one on the later timeline: the other was left behind. */
  writer(): Server | undefined {
    if (this.isSingle) return this.servers[0]
    let found: Server | undefined
    for (const server of this.servers) {
      if (!isUp(server) || server.observation?.role !== 'writer') continue
      if ((server.observation.timeline ?? 0) > (found?.observation?.timeline ?? 0)) found = server
    }
    return found
  }

  /** @returns ms; undefined of a server that is no reader or not heard of */
  lagMs({ observation }: Server): number | undefined {
    return observation?.role === 'reader'
      ? this.#history.lagMs(observation.offset, observation.at)
      : undefined
  }

  /**
   * A server to read from: a reader within the lag bound that has replayed what the caller has seen; if none has,
   * after a short wait, the writer.
   * @throws DATABASE_UNAVAILABLE when none of them can be had for `holdMs`
   */
  async reader(wish: ReaderWish): Promise<Server> {
    if (this.isSingle) return this.servers[0] as Server
    const maxLagMs = wish.maxLagMs ?? this.#settings.maxLagMs
    const seen = wish.seen(this.database)
    const find = (): Server | undefined => {
      const fresh = this.#fresh(maxLagMs)
      return pick(seen === undefined ? fresh : fresh.filter(server => hasReached(server, seen)))
    }
    const now = find()
    if (now !== undefined) return now
    return (await this.#catchUp(maxLagMs, find)) ?? this.#hold(() => this.#writerForReads() ?? find())
  }

  /** The writer, waited for while there is none. @throws DATABASE_UNAVAILABLE when there is none for `holdMs` */
  writerSoon(): Promise<Server> {
    const writer = this.writer()
    return writer === undefined ? this.#hold(() => this.writer()) : Promise.resolve(writer)
  }

  /** Resolves with the next news of any server, or after `ms`. */
  async news(ms: number): Promise<void> {
    if (this.isSingle) return after(ms)
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, ms)
    await Promise.race([this.#changed.promise, promise])
    clearTimeout(timer)
  }

  /** A statement failed on a server: it is looked at, now. */
  distrust(server: Server): void {
    if (this.isSingle) return
    server.distrust()
    this.#heartbeats.get(server)?.hurry()
  }

  async close(): Promise<void> {
    for (const heartbeat of this.#heartbeats.values()) heartbeat.stop()
    await Promise.all([...this.servers, ...this.#leaving].map(server => server.end()))
  }

  #fresh(maxLagMs: number): readonly Server[] {
    return this.servers.filter(
      server =>
        isUp(server) &&
        server.observation?.role === 'reader' &&
        !server.observation.isPaused &&
        (this.lagMs(server) ?? Infinity) <= maxLagMs,
    )
  }

  /** A fleet that lags must not drown the writer. */
  #writerForReads(): Server | undefined {
    const writer = this.writer()
    return writer !== undefined && writer.reads.busy() < this.#settings.maxWriterReads ? writer : undefined
  }

  /** Looks again and again while there are readers that only have not replayed far enough. */
  async #catchUp(maxLagMs: number, find: () => Server | undefined): Promise<Server | undefined> {
    const until = performance.now() + this.#settings.catchUpMs
    while (performance.now() < until) {
      const fresh = this.#fresh(maxLagMs)
      if (fresh.length === 0) return undefined
      for (const server of fresh) this.#heartbeats.get(server)?.hurry()
      await this.news(catchUpStepMs)
      const found = find()
      if (found !== undefined) return found
    }
    return undefined
  }

  async #hold(find: () => Server | undefined): Promise<Server> {
    const until = performance.now() + this.#settings.holdMs
    for (;;) {
      const found = find()
      if (found !== undefined) return found
      if (performance.now() >= until)
        throw new MarqueeError('DATABASE_UNAVAILABLE', {}, { cause: this.#why() })
      await this.news(holdStepMs)
    }
  }

  #why(): Error {
    const states = this.servers.map(
      ({ address, downBecause, observation }) =>
        `${address}: ${downBecause ?? observation?.role ?? 'not heard of yet'}`,
    )
    return new Error(`no server of "${this.database}" can take it (${states.join('; ')})`)
  }

  #watch(server: Server, settings: Omit<HeartbeatSettings, 'connection'>): void {
    const { connectionString, stream } = server.writes.clientOptions
    const connection = {
      ...(connectionString === undefined ? {} : { connectionString }),
      ...(stream === undefined ? {} : { stream }),
      application_name: 'marquee-heartbeat',
      connectionTimeoutMillis: settings.timeoutMs,
    }
    const told = { database: this.database, server: server.address }
    this.#heartbeats.set(
      server,
      new Heartbeat(
        { ...settings, connection },
        {
          heard: observation => {
            const before = isUp(server) ? server.observation : undefined
            server.heard(observation)
            const { role, timeline, offset, at } = observation
            if (this.writer() === server) this.#history.add(timeline, at, offset)
            if (before?.role !== role) this.#log.info({ ...told, role, timeline }, 'a database server is up')
            this.#tell()
          },
          missed: reason => {
            const wasUp = isUp(server)
            server.lost(reason)
            if (wasUp) this.#log.warn({ ...told, reason }, 'a database server is gone')
            this.#tell()
          },
        },
      ),
    )
  }

  #tell(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }
}
