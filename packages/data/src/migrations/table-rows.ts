import type pg from 'pg'

// As the planner does: as many rows to a page as were last counted, times the pages of now. Before the first count, 64.
const rowsOfTables = `
  with each as (
    select coalesce(pg_partition_root(c.oid)::oid, c.oid) as root,
      pg_relation_size(c.oid) / current_setting('block_size')::float8
        * case when c.reltuples >= 0 and c.relpages > 0 then c.reltuples::float8 / c.relpages else 64 end as rows
    from pg_class c where c.relkind in ('r', 'm')
  )
  select case n.nspname when 'public' then '' else n.nspname || '.' end || c.relname as table,
    round(sum(e.rows))::float8 as rows
  from each e join pg_class c on c.oid = e.root join pg_namespace n on n.oid = c.relnamespace
  where n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
  group by 1`

/** About how many rows each table has, without reading any; a partitioned one has those of its partitions. */
export const rowsOfEachTable = async (client: pg.ClientBase): Promise<ReadonlyMap<string, number>> => {
  const { rows } = await client.query<{ table: string; rows: number }>(rowsOfTables)
  return new Map(rows.map(({ table, rows: count }) => [table, count]))
}
