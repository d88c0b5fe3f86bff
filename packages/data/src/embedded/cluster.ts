import { spawn } from 'node:child_process'
import { appendFile, chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MarqueeError } from '@marquee/contract'
import type { Binaries } from './binaries.ts'
import type { Placement } from './placement.ts'
import { identityOf, serverEnvironment } from './server-environment.ts'
import { includeLine } from './settings.ts'

export const superuser = 'marquee'

/** The major version of PostgreSQL that made the cluster in a data folder; undefined when there is none. */
export const clusterVersion = (data: string): Promise<string | undefined> =>
  readFile(join(data, 'PG_VERSION'), 'utf8').then(
    text => text.trim(),
    () => undefined,
  )

const runInitdb = async (
  binaries: Binaries,
  placement: Placement,
  args: readonly string[],
): Promise<void> => {
  const child = spawn(binaries.initdb, args, {
    ...identityOf(placement.runAs),
    cwd: '/',
    env: serverEnvironment,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const collect = (chunk: Buffer): void => {
    output = (output + chunk.toString('utf8')).slice(-4000)
  }
  child.stdout.on('data', collect)
  child.stderr.on('data', collect)
  const failure = await new Promise<string | undefined>(resolve => {
    child.once('error', error => resolve(error.message))
    child.once('close', code => resolve(code === 0 ? undefined : `initdb ended with ${code}: ${output}`))
  })
  if (failure === undefined) return
  const reason =
    failure
      .split('\n')
      .filter(line => /error|fatal|could not|cannot/i.test(line))
      .at(-1) ?? failure
  throw new MarqueeError('POSTGRES_START_FAILED', { reason, log: 'not written yet' })
}

/**
 * Makes an empty cluster: UTF-8, checksums, passwords by SCRAM for every connection. Built beside its place and renamed
 * into it, so that an interrupted one leaves nothing that looks whole.
 * @param sync  false leaves writing to disk to the operating system: for tests
 */
export const createCluster = async (
  binaries: Binaries,
  placement: Placement,
  password: string,
  sync: boolean,
): Promise<void> => {
  const { data, runAs } = placement
  const draft = `${data}.new`
  const passwordFile = `${data}.password`
  const own = async (path: string): Promise<void> => {
    if (runAs !== null) await chown(path, runAs.uid, runAs.gid)
  }
  await rm(draft, { recursive: true, force: true })
  await mkdir(draft, { mode: 0o700 })
  await own(draft)
  try {
    await writeFile(passwordFile, password, { mode: 0o600 })
    await own(passwordFile)
    await runInitdb(binaries, placement, [
      `--pgdata=${draft}`,
      `--username=${superuser}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // The same order of text on every machine; a character type that knows letters beyond ASCII, for pg_trgm.
      '--locale=C',
      `--lc-ctype=${process.platform === 'darwin' ? 'en_US.UTF-8' : 'C.UTF-8'}`,
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      ...(sync ? [] : ['--no-sync']),
    ])
    await appendFile(join(draft, 'postgresql.conf'), includeLine)
    await rename(draft, data)
  } finally {
    await rm(passwordFile, { force: true })
    await rm(draft, { recursive: true, force: true })
  }
}
