import { randomBytes } from 'node:crypto'
import type { MigrationSession, MigrationTarget } from './migration-session.ts'

const prefix = 'marquee_scratch_'
const staleAfterSeconds = 3600

const now = (): number => Math.floor(Date.now() / 1000)

/** What a killed process left behind. */
const sweep = async ({ client }: MigrationSession): Promise<void> => {
  const { rows } = await client.query<{ name: string }>(
    `select datname as name from pg_database d where datname like '${prefix}%'
       and not exists (select from pg_stat_activity a where a.datname = d.datname)`,
  )
  for (const { name } of rows) {
    const [at = ''] = name.slice(prefix.length).split('_')
    if (!/^\w+$/.test(name) || !(Number(at) < now() - staleAfterSeconds)) continue
    await client.query(`drop database if exists ${name}`).catch(() => undefined)
  }
}

/**
 * Makes an empty database on the server of a session, for as long as `work` takes. The role must be allowed to.
 * @throws what the server says to `create database`
 */
export const withScratchDatabase = async <T>(
  session: MigrationSession,
  work: (scratch: MigrationTarget) => Promise<T>,
): Promise<T> => {
  await sweep(session)
  const name = `${prefix}${now()}_${randomBytes(4).toString('hex')}`
  await session.client.query(`create database ${name}`)
  try {
    const url = new URL(session.target.url)
    url.pathname = `/${name}`
    return await work({ ...session.target, url: url.href })
  } finally {
    await session.client.query(`drop database if exists ${name} with (force)`).catch(() => undefined)
  }
}
