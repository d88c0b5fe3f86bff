import { setTimeout as after } from 'node:timers/promises'
import { MarqueeError } from '@marquee/contract'
import { clusterRole, forgetFence, systemIdentifier } from './cluster-role.ts'
import { copyCluster } from './copy-cluster.ts'
import type { Settings } from './settings.ts'
import { makeSlot, slotOf } from './slots.ts'
import { startServer, type Filling, type PostgresServer, type ServerOptions } from './start-server.ts'
import { withClient } from '../with-client.ts'

/** The server that a replica follows. */
export type Followed = Pick<PostgresServer, 'url' | 'data' | 'exited'>

export type ReplicaOptions = ServerOptions &
  Readonly<{
    /** How the writer calls it: `application_name` of its connection, and in the name of its slot. */
    name: string
    writer: Followed
  }>

const streamTimeoutMs = 10_000

const quoted = (value: string): string => `'${value.replaceAll(/['\\]/g, '\\$&')}'`

/** The settings that make a server follow a writer. */
export const followSettings = (name: string, writer: Pick<Followed, 'url'>): Settings => {
  const { hostname, port, username, password } = new URL(writer.url('postgres'))
  const conninfo = {
    host: hostname,
    port,
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    application_name: name,
    connect_timeout: '5',
    sslmode: 'disable',
    gssencmode: 'disable',
  }
  return {
    cluster_name: name,
    primary_conninfo: Object.entries(conninfo)
      .map(([key, value]) => `${key}=${quoted(value)}`)
      .join(' '),
    primary_slot_name: slotOf(name),
  }
}

/** Whether what a folder holds can go on from where it is, rather than be copied anew. */
const mayFollow = async ({ placement, isFilled }: Filling, writer: Followed): Promise<boolean> =>
  isFilled &&
  (await clusterRole(placement.folder, placement.data)) === 'replica' &&
  (await systemIdentifier(placement.data)) === (await systemIdentifier(writer.data))

const isStreaming = (writer: Followed, name: string): Promise<boolean> =>
  withClient(writer.url('postgres'), async client => {
    const { rowCount } = await client.query(
      `select from pg_stat_replication where application_name = $1 and state in ('catchup', 'streaming')`,
      [name],
    )
    return (rowCount ?? 0) > 0
  })

/** Waits until the writer sends it WAL. @returns false when it has not within 10 s, or has ended */
const waitUntilStreaming = async (
  server: PostgresServer,
  { writer, name }: ReplicaOptions,
): Promise<boolean> => {
  const ended = new AbortController()
  void server.exited.then(() => ended.abort())
  const giveUpAt = performance.now() + streamTimeoutMs
  while (!ended.signal.aborted && performance.now() < giveUpAt) {
    if (await isStreaming(writer, name)) return true
    await after(25)
  }
  return false
}

const startOnce = async (
  options: ReplicaOptions,
  canGoOn: boolean,
): Promise<{ server: PostgresServer; isCopied: boolean }> => {
  const { name, writer } = options
  const url = writer.url('postgres')
  let isCopied = false
  const server = await startServer(
    { ...options, settings: { ...options.settings, ...followSettings(name, writer) } },
    {
      password: decodeURIComponent(new URL(url).password),
      prepareData: async filling => {
        const isNewSlot = await withClient(url, client => makeSlot(client, slotOf(name)))
        if (canGoOn && !isNewSlot && (await mayFollow(filling, writer))) return
        filling.log(`${name}: copying the data of its writer`)
        await copyCluster({ url, data: writer.data }, filling.placement)
        await forgetFence(filling.placement.folder)
        isCopied = true
      },
    },
  )
  return { server, isCopied }
}

/**
 * Starts a streaming replica of a server on this machine, which must run. What its folder holds is used when it can
 * follow: a cluster with the same identity that was a replica, for which the writer kept the WAL. Anything else is
 * replaced by a copy of the writer's data: there is no `pg_rewind` in the package. Nothing ever writes to it.
 * @returns once the writer streams to it
 * @throws POSTGRES_START_FAILED, FOLDER_IN_USE, FOLDER_UNWRITABLE, PORT_IN_USE; errors of `pg` when the writer is away
 */
export const startReplica = async (options: ReplicaOptions): Promise<PostgresServer> => {
  for (const canGoOn of [true, false]) {
    const { server, isCopied } = await startOnce(options, canGoOn)
    try {
      if (await waitUntilStreaming(server, options)) return server
    } catch (error) {
      await server.stop()
      throw error
    }
    await server.stop()
    if (isCopied) break
  }
  const reason = `the replica ${options.name} does not get anything from its writer within ${streamTimeoutMs / 1000} s`
  throw new MarqueeError('POSTGRES_START_FAILED', { reason, log: `${options.folder}/postgres.log` })
}
