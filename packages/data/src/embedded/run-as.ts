import { readFile, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { MarqueeError } from '@marquee/contract'

/** The user that PostgreSQL runs as; null is the user we are. PostgreSQL refuses to run as root. */
export type RunAs = Readonly<{ uid: number; gid: number; name: string }> | null

const accountNames = ['postgres', 'nobody']

const isRoot = (): boolean => process.getuid?.() === 0

const accounts = async (): Promise<readonly { name: string; uid: number; gid: number }[]> => {
  const text = await readFile('/etc/passwd', 'utf8').catch(() => '')
  return text.split('\n').flatMap(line => {
    const [name = '', , uid, gid] = line.split(':')
    return uid === undefined ? [] : [{ name, uid: Number(uid), gid: Number(gid) }]
  })
}

/**
 * Chooses the user: we ourselves unless we are root; then the owner of the data that is there already, else
 * `postgres`, else `nobody`.
 * @param dataFolder  may be absent
 * @throws POSTGRES_START_FAILED when there is no such user
 */
export const chooseUser = async (dataFolder: string): Promise<RunAs> => {
  if (!isRoot()) return null
  const known = await accounts()
  const owner = await stat(dataFolder).catch(() => null)
  if (owner !== null && owner.uid !== 0) {
    const name = known.find(account => account.uid === owner.uid)?.name
    if (name !== undefined) return { uid: owner.uid, gid: owner.gid, name }
  }
  for (const name of accountNames) {
    const account = known.find(candidate => candidate.name === name)
    if (account !== undefined && account.uid !== 0) return account
  }
  throw new MarqueeError('POSTGRES_START_FAILED', {
    reason: 'it refuses to run as root, and this machine has neither a user `postgres` nor `nobody`',
    log: 'not written yet',
  })
}

const ancestors = (path: string): readonly string[] => {
  const parent = dirname(path)
  return parent === path ? [path] : [...ancestors(parent), path]
}

/** Whether `user` may enter the folder that holds `path`, and so every folder above it. By mode bits alone. */
export const canReach = async (user: RunAs, path: string): Promise<boolean> => {
  if (user === null) return true
  for (const folder of ancestors(dirname(resolve(path)))) {
    const found = await stat(folder).catch(() => null)
    if (found === null) return false
    const shift = found.uid === user.uid ? 6 : found.gid === user.gid ? 3 : 0
    if (((found.mode >> shift) & 0o1) === 0) return false
  }
  return true
}
