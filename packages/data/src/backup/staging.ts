import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isOwnerGone, stopOrphan } from '../embedded/ownership.ts'
import { placeServer } from '../embedded/placement.ts'

export const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

const stagingName = 'restoring'

/** Deletes what a restore that was broken off has left in a server's folder; its server is ended. */
export const sweepStaging = async (folder: string): Promise<void> => {
  if (!(await exists(folder))) return
  const staging = join((await placeServer(folder)).folder, stagingName)
  if (!(await exists(staging))) return
  const { folder: place, data } = await placeServer(staging)
  if (await isOwnerGone(place)) await stopOrphan(data)
  await rm(staging, { recursive: true, force: true })
}

/** The empty folder that a server is recovered in: within the one it goes to, so that a rename brings it there. */
export const stagingIn = async (folder: string): Promise<string> => {
  await sweepStaging(folder)
  return join((await placeServer(folder)).folder, stagingName)
}
