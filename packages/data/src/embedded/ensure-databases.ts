import { withClient } from '../with-client.ts'

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** Creates the databases that are missing, each with pg_stat_statements. */
export const ensureDatabases = async (
  urlOf: (database: string) => string,
  names: readonly string[],
): Promise<void> => {
  const missing = await withClient(urlOf('postgres'), async client => {
    const { rows } = await client.query<{ name: string }>('select datname as name from pg_database')
    const known = new Set(rows.map(row => row.name))
    const wanted = [...new Set(names)].filter(name => !known.has(name))
    for (const name of wanted) await client.query(`create database ${quote(name)}`)
    return wanted
  })
  for (const name of missing) {
    await withClient(urlOf(name), client => client.query('create extension if not exists pg_stat_statements'))
  }
}
