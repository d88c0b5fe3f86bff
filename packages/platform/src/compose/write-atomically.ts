import { rename, rm, writeFile } from 'node:fs/promises'

/** Writes a whole file so that no reader ever sees half of it. `mode` holds from the first byte on. */
export const writeAtomically = async (path: string, text: string, mode = 0o644): Promise<void> => {
  const temporary = `${path}.${process.pid}.tmp`
  try {
    await writeFile(temporary, text, { mode })
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}
