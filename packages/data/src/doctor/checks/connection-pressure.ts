import type { Check } from '../check.ts'

const name = 'connection-pressure'

type Row = Readonly<{ used: number; most: number; who: string }>

const sql = `
  select sum(count)::int as used,
         current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as most,
         string_agg(application || ' ' || count, ', ' order by count desc) as who
    from (
      select coalesce(nullif(application_name, ''), 'nameless') as application, count(*) as count
        from pg_stat_activity where backend_type = 'client backend' group by 1) each`

/** A server that soon has no connection left. */
export const connectionPressure: Check = {
  name,
  run: async (connection, { thresholds }) => {
    const [row] = await connection.rows<Row>(sql)
    if (row === undefined || row.used < row.most * thresholds.connectionShare) return []
    return [
      {
        check: name,
        severity: 'critical',
        object: 'max_connections',
        evidence: `${row.used} of ${row.most} connections are in use: ${row.who}`,
        cost: 'at the end of them, requests fail with DATABASE_UNAVAILABLE',
        codeChange:
          'Lower data.pool.max (it counts for each process), run fewer processes, or put PgBouncer between; else raise max_connections.',
        isSafe: false,
      },
    ]
  },
}
