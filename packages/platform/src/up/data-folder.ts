import { access, constants, mkdir, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { removeReplicaSetFiles } from '@marquee/data/embedded'
import { MarqueeError } from '@marquee/contract'
import { mostShards } from '../config/platform-config.ts'

/** What the data folder holds. */
export type DataFolder = Readonly<{
  path: string
  /** Of the first shard; the others' folders, and those of replicas, lie beside it. */
  postgres: string
  logs: string
  secret: string
  demo: string
  /** There once the bundled films were imported. */
  films: string
  supergraph: string
  supergraphInputs: string
  state: string
  /** What the doctor remembers from one run to the next. */
  doctor: string
}>

/** Folder of one shard's first server. @param shard  from 1 on */
export const shardFolder = ({ postgres }: DataFolder, shard: number): string =>
  shard === 1 ? postgres : `${postgres}-shard-${shard}`

/** Folders of the first servers of all shards that there may be. */
export const shardFolders = (folder: DataFolder): readonly string[] =>
  Array.from({ length: mostShards }, (_, index) => shardFolder(folder, index + 1))

export const dataFolder = (path: string): DataFolder =>
  Object.freeze({
    path,
    postgres: join(path, 'postgres'),
    logs: join(path, 'logs'),
    secret: join(path, 'secret'),
    demo: join(path, 'demo.json'),
    films: join(path, 'films-imported'),
    supergraph: join(path, 'supergraph.graphql'),
    supergraphInputs: join(path, 'supergraph.json'),
    state: join(path, 'platform.json'),
    doctor: join(path, 'doctor'),
  })

/** Not `recursive: true`: on a parent that cannot hold folders, such as /proc, Node.js then tries for ever. */
const makeFolder = async (path: string): Promise<void> => {
  try {
    await mkdir(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return
    if (code !== 'ENOENT' || dirname(path) === path) throw error
    await makeFolder(dirname(path))
    await mkdir(path)
  }
}

/** Makes the folder, if need be, and makes sure that it can be written to. @throws FOLDER_UNWRITABLE */
export const prepareFolder = async (path: string): Promise<void> => {
  try {
    await makeFolder(path)
    if (!(await stat(path)).isDirectory()) throw new Error('it is a file')
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException
    const reason = code === 'EEXIST' || code === 'ENOTDIR' ? 'it, or a part of its path, is a file' : message
    throw new MarqueeError('FOLDER_UNWRITABLE', { folder: path, reason }, { cause: error })
  }
}

/** Deletes what Marquee keeps in a folder that this process has locked; files of anybody else stay. */
export const emptyFolder = async (folder: DataFolder): Promise<void> => {
  for (const shard of shardFolders(folder)) await removeReplicaSetFiles(shard)
  const { path: _path, postgres: _postgres, ...rest } = folder
  await Promise.all([
    ...Object.values(rest).map(path => rm(path, { recursive: true, force: true })),
    rm(`${folder.supergraph}.last-good`, { force: true }),
  ])
}
