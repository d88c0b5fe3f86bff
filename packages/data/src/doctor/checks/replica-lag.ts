import { setTimeout as after } from 'node:timers/promises'
import type { Check, Finding } from '../check.ts'
import type { DoctorConnection } from '../connection.ts'

const name = 'replica-lag'

type Replica = Readonly<{ replica: string; bytes: number; lagMs: number | null }>
type Slot = Readonly<{ slot: string; bytes: number }>

const current = `case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end`

const replicasSql = `
  select coalesce(nullif(r.application_name, ''), 'process ' || r.pid) as replica,
         pg_wal_lsn_diff(${current},
           coalesce(r.replay_lsn, s.confirmed_flush_lsn, s.restart_lsn, r.sent_lsn))::bigint as bytes,
         (extract(epoch from r.replay_lag) * 1000)::bigint as "lagMs"
    from pg_stat_replication r left join pg_replication_slots s on s.active_pid = r.pid
   where r.state <> 'backup'`

const slotsSql = `
  select slot_name as slot, pg_wal_lsn_diff(${current}, restart_lsn)::bigint as bytes
    from pg_replication_slots where not active and restart_lsn is not null`

const selfSql = `
  select pg_last_wal_receive_lsn()::text as received,
         (extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000)::bigint as "lagMs"
   where pg_is_in_recovery() and pg_last_wal_receive_lsn() > pg_last_wal_replay_lsn()`

const caughtUpSql = 'select pg_last_wal_replay_lsn() >= $1::pg_lsn as is'

type Own = Readonly<{ received: string; lagMs: number | null }>

// What arrives at a replica that rested makes it look as far behind as it rested: it gets this long to replay it.
const graceMs = 500

/** How far behind a replica is by its own account, in ms; 0 on a writer. */
const ownLagMs = async (connection: DoctorConnection): Promise<number> => {
  const [own] = await connection.rows<Own>(selfSql)
  if (own === undefined) return 0
  await after(graceMs)
  const [now] = await connection.rows<{ is: boolean }>(caughtUpSql, [own.received])
  return now?.is === true ? 0 : (own.lagMs ?? 0)
}

// The lag that PostgreSQL measured last stays there while a replica that has caught up rests. One that is less than a
// page behind says for itself how late it is.
const leastBytes = 8192

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`

/** Replicas that are behind, on the writer and on the replica itself, and slots that keep WAL for nobody. */
export const replicaLag: Check = {
  name,
  run: async (connection, { thresholds: { maxLagMs, maxLagBytes } }) => {
    const findings: Finding[] = []
    const late = { check: name, severity: 'critical', isSafe: false } as const
    const cost = 'reads that need what was just written all go to the writer'
    for (const { replica, bytes, lagMs } of await connection.rows<Replica>(replicasSql)) {
      if (bytes <= maxLagBytes && (bytes < leastBytes || (lagMs ?? 0) <= maxLagMs)) continue
      const evidence = `${megabytes(bytes)} behind${lagMs === null ? '' : `, ${(lagMs / 1000).toFixed(1)} s`}`
      const codeChange = 'See whether its disk or its network is full, or a long query holds its replay.'
      findings.push({ ...late, object: replica, evidence, cost, codeChange })
    }
    const ownMs = await ownLagMs(connection)
    if (ownMs > maxLagMs) {
      const evidence = `this replica has WAL that it has not replayed, and is ${(ownMs / 1000).toFixed(1)} s behind`
      findings.push({ ...late, object: 'this server', evidence, cost })
    }
    for (const { slot, bytes } of await connection.rows<Slot>(slotsSql)) {
      if (bytes <= maxLagBytes) continue
      findings.push({
        ...late,
        object: `slot ${slot}`,
        evidence: `nobody reads it, and ${megabytes(bytes)} of WAL are kept for it`,
        cost: 'the disk of the writer fills',
        sql: [`select pg_drop_replication_slot('${slot}')`],
        codeChange: 'Bring its replica back, or drop the slot.',
      })
    }
    return findings
  },
}
