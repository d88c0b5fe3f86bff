import type { ReplicaSetEvent } from '@marquee/data/embedded'
import type { PlacedFinding } from '@marquee/data/doctor'
import type { Diagnostic } from '../compose/diagnostic.ts'
import type { KeeperEvent, ServiceStatus } from '../supervisor/keeper.ts'

export type ServiceAddress = Readonly<{ name: string; pid: number; url: string }>

export type DemoAccount = Readonly<{ email: string; password: string }>

/** What the platform says while it starts, runs and stops: one JSON line each with `--json`. */
export type PlatformEvent =
  | KeeperEvent
  | ReplicaSetEvent
  | Readonly<{ event: 'starting'; folder: string; pid: number }>
  | Readonly<{ event: 'note'; message: string }>
  | Readonly<{ event: 'warning'; message: string }>
  | Readonly<{ event: 'log'; service: string; level: string; message: string }>
  | Readonly<{
      event: 'service-note'
      service: string
      name: string
      details: Readonly<Record<string, unknown>>
    }>
  | Readonly<{ event: 'composed'; subgraphs: readonly string[]; changed: boolean }>
  | Readonly<{ event: 'compose-failed'; errors: readonly Diagnostic[] }>
  /** Shards that own nothing although others do: `marquee shards rebalance` gives them their part. */
  | Readonly<{ event: 'shards-empty'; shards: readonly string[] }>
  /** The log of a server's writer cannot be archived: it stays on the server's disk until it can. */
  | Readonly<{ event: 'archive-failing'; server: string; waitingBytes: number; lastAt: string | null }>
  | Readonly<{ event: 'archive-mended'; server: string }>
  | Readonly<{ event: 'importing'; done: number; total: number | null }>
  | Readonly<{ event: 'imported'; imported: number; skipped: number }>
  | Readonly<{
      event: 'ready'
      /** Where GraphQL is answered. */
      url: string
      pid: number
      services: readonly ServiceAddress[]
      /** Null when there is no demo account: on databases of one's own, or without the subgraph auth. */
      demo: DemoAccount | null
      folder: string
      /** From the first line of the start to this event. */
      startedInMs: number
    }>
  /** The advisor found something, or a finding is worse or better than before. */
  | (PlacedFinding & Readonly<{ event: 'finding' }>)
  | Readonly<{ event: 'mended'; database: string; server: string; check: string; object: string }>
  | Readonly<{ event: 'stopping' }>
  | Readonly<{ event: 'stopped' }>
  | Readonly<{ event: 'failed'; code: string; message: string; mend: string }>

export type Report = (event: PlatformEvent) => void

export type { ServiceStatus }
