import type { Check } from '../check.ts'
import { issuerOf } from '../statements.ts'

const name = 'idle-in-transaction'

type Row = Readonly<{ pid: number; application: string; idleMs: number; query: string }>

const sql = `
  select pid, coalesce(nullif(application_name, ''), 'a nameless client') as application, query,
         (extract(epoch from clock_timestamp() - state_change) * 1000)::bigint as "idleMs"
    from pg_stat_activity
   where datname = current_database() and state like 'idle in transaction%'
     and clock_timestamp() - state_change > make_interval(secs => $1 / 1000.0)
   order by state_change`

/** Transactions that are open and do nothing: they hold locks, and keep dead rows from being cleared. */
export const idleTransactions: Check = {
  name,
  run: async (connection, { thresholds }) => {
    const rows = await connection.rows<Row>(sql, [thresholds.idleInTransactionMs])
    return rows.map(({ pid, application, idleMs, query }) => {
      // Not the statement's text: what others send may hold their data.
      const issuer = issuerOf(query)
      return {
        check: name,
        severity: 'warning' as const,
        object: `process ${pid}`,
        evidence: `${application}${issuer === '' ? '' : ` (${issuer})`} has done nothing for ${(idleMs / 1000).toFixed(0)} s in an open transaction`,
        cost: 'its locks keep others waiting, and dead rows of the whole database stay',
        sql: [`select pg_terminate_backend(${pid})`],
        codeChange: 'Wait for nothing outside of the database between BEGIN and COMMIT.',
        isSafe: false,
      }
    })
  },
}
