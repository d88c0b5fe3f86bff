import { setTimeout as after } from 'node:timers/promises'
import type { Archive } from './archive.ts'
import type { createCluster } from './cluster.ts'
import { applyCommitRule } from './commit-rule.ts'
import { failOver, type FailedOver } from './failover.ts'
import { findWriter, stopUnwanted, type Member } from './find-writer.ts'
import { HangWatch } from './hang-watch.ts'
import { backendsIn, signal } from './processes.ts'
import { membersOf } from './replica-set-members.ts'
import { dropSlotsBut, slotOf } from './slots.ts'
import { startPostgres } from './start-postgres.ts'
import { startReplica } from './start-replica.ts'
import type { PostgresServer } from './start-server.ts'
import { withClient } from '../with-client.ts'

/** What a replica set tells people. `set` is its name. */
export type ReplicaSetEvent =
  | Readonly<
      {
        event: 'database-failover'
        set: string
        from: string
        to: string
        reason: 'died' | 'hung'
      } & FailedOver
    >
  | Readonly<{ event: 'database-failover-refused'; set: string; writer: string; reason: string }>
  | Readonly<{ event: 'database-rejoined'; set: string; server: string; writer: string }>

export type EmbeddedReplicaSetOptions = Readonly<{
  /** Name of the set, and of its first member: `postgres`. The others are `postgres-replica-1` and so on. */
  name: string
  /** Folder of the first member; the others' lie beside it. */
  folder: string
  /** How many replicas run beside the writer: 0 to 4. From 2 on, commits wait for one, and a failover is allowed. */
  replicas: number
  /** Databases that there shall be. */
  databases: readonly string[]
  /** A server counts as hung when it has taken no connection for this long, in ms, and is killed; 0 never. */
  hangMs: number
  /** Where all its servers put their log. */
  archive?: Archive
  log: (line: string) => void
  report: (event: ReplicaSetEvent) => void
  /** See `startPostgres`: for tests. */
  durable?: boolean
  createCluster?: typeof createCluster
}>

const fewestForFailover = 2
const tickMs = 1000
const longestPatienceMs = 5000

const sameNames = (some: readonly string[], others: readonly string[]): boolean =>
  some.length === others.length && some.every(name => others.includes(name))

/**
 * One writer and its replicas on this machine. It gives each server its role, whatever its name, and puts a replica in
 * the place of a writer that died. It restarts nothing: who keeps the servers calls `launch` again for one that ended.
 */
export class EmbeddedReplicaSet {
  readonly #options: EmbeddedReplicaSetOptions
  readonly #members: readonly Member[]
  readonly #servers = new Map<string, PostgresServer>()
  readonly #known = new Map<string, PostgresServer>()
  readonly #deposed = new Set<string>()
  readonly #watches = new Map<string, HangWatch>()
  readonly #timer: NodeJS.Timeout | undefined
  /** What the commits of a server were last told to wait for. */
  readonly #rules = new WeakMap<PostgresServer, readonly string[]>()
  #writer: string
  /** Replicas of which the most advanced has all that was acknowledged. Empty: a failover could lose something. */
  #armed: readonly string[] = []
  #turn: Promise<void> = Promise.resolve()
  #failingOver: Promise<void> | undefined
  #hung = false
  #closing = false
  #ticking = false

  private constructor(options: EmbeddedReplicaSetOptions, members: readonly Member[], writer: Member) {
    this.#options = options
    this.#members = members
    this.#writer = writer.name
    if (this.#canFailOver) this.#timer = setInterval(() => void this.#tick(), tickMs).unref()
  }

  /** Finds out who the writer is; starts nothing. @throws POSTGRES_START_FAILED when the data does not say */
  static async open(options: EmbeddedReplicaSetOptions): Promise<EmbeddedReplicaSet> {
    const all = membersOf(options.name, options.folder)
    const writer = await findWriter(all)
    const replicas = all.filter(member => member !== writer).slice(0, options.replicas)
    const members = [writer, ...replicas]
    await stopUnwanted(all.filter(member => !members.includes(member)))
    return new EmbeddedReplicaSet(options, members, writer)
  }

  /** Names of the servers, the writer of now first: the order to start them in. */
  get members(): readonly string[] {
    const names = this.#members.map(({ name }) => name)
    return [this.#writer, ...names.filter(name => name !== this.#writer)]
  }

  get writer(): string {
    return this.#writer
  }

  /** Whether a failover would lose nothing that was acknowledged, and so is allowed. */
  get isArmed(): boolean {
    return this.#armed.length > 0
  }

  /** The databases, as section `data` of marquee.yaml has them. Each server has been launched once. */
  databases(): Readonly<Record<string, { writer: string; readers: readonly string[] }>> {
    const addresses = (database: string): readonly string[] =>
      this.members.flatMap(name => this.#known.get(name)?.url(database) ?? [])
    return Object.fromEntries(
      this.#options.databases.map(database => {
        const [writer = '', ...readers] = addresses(database)
        return [database, { writer, readers }]
      }),
    )
  }

  /**
   * Starts one server in the role that it has now, on the port of its last life.
   * @throws what `startPostgres` and `startReplica` throw; a later call may succeed
   */
  async launch(name: string): Promise<PostgresServer> {
    await this.#failingOver
    const member = this.#members.find(one => one.name === name)
    if (member === undefined) throw new Error(`${this.#options.name} has no server ${name}`)
    const server =
      name === this.#writer ? await this.#launchWriter(member) : await this.#launchReplica(member)
    this.#servers.set(name, server)
    this.#watches.set(name, new HangWatch(this.#options.hangMs))
    this.#known.set(name, server)
    void server.exited.then(() => this.#ended(name, server))
    this.#adjust()
    return {
      ...server,
      stop: () => {
        this.close()
        return server.stop()
      },
    }
  }

  /** From here on a server that ends has been stopped: nobody takes its place. */
  close(): void {
    this.#closing = true
    clearInterval(this.#timer)
  }

  get #canFailOver(): boolean {
    return this.#options.replicas >= fewestForFailover
  }

  #optionsOf({ name, folder }: Member) {
    const { log, durable, archive } = this.#options
    const port = this.#known.get(name)?.port
    return {
      folder,
      log: (line: string) => log(line.startsWith(name) ? line : `${name}: ${line}`),
      ...(durable === undefined ? {} : { durable }),
      ...(archive === undefined ? {} : { archive }),
      ...(port === undefined ? {} : { port }),
    }
  }

  async #launchWriter(member: Member): Promise<PostgresServer> {
    const { createCluster, databases } = this.#options
    const server = await startPostgres({
      ...this.#optionsOf(member),
      // Nothing waits for replicas until there are some: `#adjust` sees to it.
      settings: { cluster_name: member.name },
      ...(createCluster === undefined ? {} : { createCluster }),
    })
    try {
      await server.ensureDatabases(databases)
      const wanted = this.members.filter(name => name !== member.name).map(slotOf)
      await withClient(server.url('postgres'), client => dropSlotsBut(client, wanted))
    } catch (error) {
      await server.stop()
      throw error
    }
    return server
  }

  async #launchReplica(member: Member): Promise<PostgresServer> {
    // Its copy takes the disk: first those who wait for a commit.
    if (this.#deposed.has(member.name)) {
      await Promise.race([this.#turn, after(longestPatienceMs, undefined, { ref: false })])
    }
    const writer = this.#servers.get(this.#writer)
    if (writer === undefined) throw new Error(`${member.name} waits for its writer, ${this.#writer}.`)
    const followed = this.#writer
    const server = await startReplica({ ...this.#optionsOf(member), name: member.name, writer })
    if (followed !== this.#writer) {
      await server.stop()
      throw new Error(`The writer of ${member.name} has changed.`)
    }
    if (this.#deposed.delete(member.name)) {
      const { name: set, report } = this.#options
      report({ event: 'database-rejoined', set, server: member.name, writer: followed })
    }
    return server
  }

  #ended(name: string, server: PostgresServer): void {
    if (this.#servers.get(name) !== server) return
    this.#servers.delete(name)
    if (this.#closing) return
    if (name !== this.#writer) {
      this.#adjust()
      return
    }
    const candidates = this.#armed
    this.#armed = []
    const reason = this.#hung ? 'hung' : 'died'
    this.#hung = false
    if (candidates.length === 0) return
    this.#failingOver = this.#turn.then(() => this.#failOver(server, candidates, reason))
    this.#turn = this.#failingOver
    void this.#failingOver.then(() => {
      this.#failingOver = undefined
      this.#adjust()
    })
  }

  async #failOver(old: PostgresServer, names: readonly string[], reason: 'died' | 'hung'): Promise<void> {
    const { name: set, report } = this.#options
    const from = this.#writer
    const candidates = names.flatMap(name => {
      const server = this.#servers.get(name)
      return server === undefined ? [] : [{ name, server }]
    })
    try {
      if (candidates.length < names.length) throw new Error('a replica that may have the last writes is down')
      const { to, ...result } = await failOver(old, candidates)
      this.#writer = to
      this.#deposed.add(from)
      report({ event: 'database-failover', set, from, to, reason, ...result })
    } catch (error) {
      report({ event: 'database-failover-refused', set, writer: from, reason: (error as Error).message })
    }
  }

  /** Makes commits wait for the replicas that run now, once it is this change's turn. */
  #adjust(): void {
    if (!this.#canFailOver || this.#closing) return
    this.#turn = this.#turn.then(async () => {
      const writer = this.#servers.get(this.#writer)
      const wanted = this.members.filter(name => name !== this.#writer && this.#servers.has(name))
      if (writer === undefined || this.#closing) return
      const rule = this.#rules.get(writer)
      if (rule !== undefined && sameNames(rule, wanted) && sameNames(this.#armed, wanted)) return
      this.#armed = []
      try {
        this.#rules.set(writer, wanted)
        await applyCommitRule(writer, this.#writer, wanted)
        if (this.#servers.get(this.#writer) === writer) this.#armed = wanted
      } catch {
        // The writer ended, or no replica keeps up: the next tick tries again, and until then nobody takes its place.
      }
    })
  }

  async #tick(): Promise<void> {
    if (this.#ticking || this.#closing || this.#failingOver !== undefined) return
    this.#ticking = true
    this.#adjust()
    const servers = [...this.#servers]
    await Promise.all(servers.map(([name, server]) => this.#killIfHung(name, server)))
    this.#ticking = false
  }

  /** What hangs helps nobody, and who waits for it waits for ever: killed, it is replaced or started again. */
  async #killIfHung(name: string, server: PostgresServer): Promise<void> {
    const hangs = (await this.#watches.get(name)?.hangs(server.port)) ?? false
    if (!hangs || this.#servers.get(name) !== server || this.#closing) return
    if (name === this.#writer) this.#hung = true
    const all = [server.pid, ...(await backendsIn(server.data))]
    for (const pid of all) signal(pid, 'SIGKILL')
  }
}
