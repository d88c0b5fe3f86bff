import { createHash } from 'node:crypto'
import {
  access,
  chmod,
  constants,
  lstat,
  mkdir,
  readFile,
  realpath,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { MarqueeError } from '@marquee/contract'
import { canReach, chooseUser, type RunAs } from './run-as.ts'

/** Where a server's files really are. `data` is PostgreSQL's own folder; all else beside it is ours. */
export type Placement = Readonly<{
  wanted: string
  folder: string
  data: string
  relocated: boolean
  runAs: RunAs
}>

const markerName = 'relocated.json'
const originName = 'origin'
const systemFolder = '/var/lib/marquee'

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

const readText = (path: string): Promise<string | undefined> =>
  readFile(path, 'utf8').then(
    text => text.trim(),
    () => undefined,
  )

const unwritable = (folder: string, error: unknown): MarqueeError =>
  new MarqueeError(
    'FOLDER_UNWRITABLE',
    { folder, reason: (error as Error).message.split('\n')[0] },
    { cause: error },
  )

/** Makes a folder, if need be, that nobody else may list; with `enterable`, PostgreSQL's user may pass through it. */
const makeFolder = async (folder: string, enterable: boolean): Promise<string> => {
  try {
    const isNew = (await mkdir(folder, { recursive: true })) !== undefined
    if (isNew) await chmod(folder, 0o700)
    if (enterable) await chmod(folder, (await stat(folder)).mode | 0o011)
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK)
    return await realpath(folder)
  } catch (error) {
    throw unwritable(folder, error)
  }
}

/**
 * A folder for files that must be reachable by another user, or that the installed place cannot take: of the system
 * when we are root, else of this user.
 * @throws FOLDER_UNWRITABLE when none can be had, or somebody else made it
 */
export const sharedFolder = async (runAs: RunAs): Promise<string> => {
  const choices =
    runAs === null
      ? [join(homedir(), '.cache', 'marquee'), join(tmpdir(), `marquee-${process.getuid?.() ?? 'user'}`)]
      : [systemFolder, join(tmpdir(), 'marquee-root')]
  let failure: unknown
  for (const folder of choices) {
    try {
      await mkdir(folder, { recursive: true, mode: 0o755 })
      const found = await lstat(folder)
      const isOurs = found.isDirectory() && (process.getuid === undefined || found.uid === process.getuid())
      if (!isOurs) throw new Error('somebody else made it')
      // Whatever the umask is.
      await chmod(folder, 0o711)
      if (await canReach(runAs, join(folder, 'x'))) return folder
      failure = new Error(`the user ${runAs?.name ?? ''} cannot reach it`)
    } catch (error) {
      failure = error
    }
  }
  throw unwritable(choices.join(' or '), failure)
}

const folderIn = (marker: string): string | undefined => {
  try {
    return (JSON.parse(marker) as { folder?: string }).folder
  } catch {
    return undefined
  }
}

/** The place that a marker names, when its data belongs to this wanted folder and not to the one it was copied from. */
const markedPlace = async (wanted: string): Promise<string | undefined> => {
  const text = await readText(join(wanted, markerName))
  if (text === undefined) return undefined
  const folder = folderIn(text)
  if (folder === undefined) return undefined
  const origin = await readText(join(folder, originName))
  if (origin === wanted) return folder
  // The project was moved, not copied: its data comes along.
  return origin !== undefined && !(await exists(join(origin, markerName))) ? folder : undefined
}

const relocate = async (wanted: string, runAs: RunAs): Promise<string> => {
  const hash = createHash('sha256').update(wanted).digest('hex').slice(0, 16)
  const folder = await makeFolder(join(await sharedFolder(runAs), hash), true)
  await writeFile(join(folder, originName), `${wanted}\n`)
  await writeFile(join(wanted, markerName), `${JSON.stringify({ folder })}\n`)
  return folder
}

/**
 * Decides where the files go: into the wanted folder, or, when we are root and PostgreSQL's user cannot reach that,
 * into one below /var/lib/marquee (else the temp folder) that the wanted folder's marker names ever after.
 * @throws FOLDER_UNWRITABLE
 */
export const placeServer = async (folder: string): Promise<Placement> => {
  const isRoot = process.getuid?.() === 0
  const wanted = await makeFolder(resolve(folder), isRoot)
  const marked = await markedPlace(wanted)
  if (marked !== undefined) {
    const place = await makeFolder(marked, isRoot)
    await writeFile(join(place, originName), `${wanted}\n`).catch((error: unknown) => {
      throw unwritable(place, error)
    })
    const data = join(place, 'data')
    return { wanted, folder: place, data, relocated: true, runAs: await chooseUser(data) }
  }
  const data = join(wanted, 'data')
  const runAs = await chooseUser(data)
  if (await canReach(runAs, data)) return { wanted, folder: wanted, data, relocated: false, runAs }
  const place = await relocate(wanted, runAs)
  return { wanted, folder: place, data: join(place, 'data'), relocated: true, runAs }
}

/** Deletes a server's files, wherever they are. The server must be stopped. */
export const removeServerFiles = async (folder: string): Promise<void> => {
  const wanted = await realpath(resolve(folder)).catch(() => undefined)
  if (wanted === undefined) return
  const marked = await markedPlace(wanted)
  if (marked !== undefined) await rm(marked, { recursive: true, force: true })
  await rm(wanted, { recursive: true, force: true })
}
