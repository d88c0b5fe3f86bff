import type { Check, Finding } from '../check.ts'

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
  select case when pg_last_wal_receive_lsn() is distinct from pg_last_wal_replay_lsn()
              then (extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000)::bigint end as "lagMs"
   where pg_is_in_recovery()`

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`

/** Replicas that are behind, on the writer and on the replica itself, and slots that keep WAL for nobody. */
export const replicaLag: Check = {
  name,
  run: async (connection, { thresholds: { maxLagMs, maxLagBytes } }) => {
    const findings: Finding[] = []
    const late = { check: name, severity: 'critical', isSafe: false } as const
    const cost = 'reads that need what was just written all go to the writer'
    for (const { replica, bytes, lagMs } of await connection.rows<Replica>(replicasSql)) {
      if (bytes <= maxLagBytes && (lagMs ?? 0) <= maxLagMs) continue
      const evidence = `${megabytes(bytes)} behind${lagMs === null ? '' : `, ${(lagMs / 1000).toFixed(1)} s`}`
      const codeChange = 'See whether its disk or its network is full, or a long query holds its replay.'
      findings.push({ ...late, object: replica, evidence, cost, codeChange })
    }
    for (const { lagMs } of await connection.rows<{ lagMs: number | null }>(selfSql)) {
      if (lagMs === null || lagMs <= maxLagMs) continue
      const evidence = `this replica has WAL that it has not replayed, and is ${(lagMs / 1000).toFixed(1)} s behind`
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
