import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { MarqueeError } from '@marquee/contract'
import { writeAtomically } from '../compose/write-atomically.ts'

/** The secret shared by gateway and subgraphs: random, made once, readable by its owner alone. */
export const keptSecret = async (path: string): Promise<string> => {
  try {
    const kept = (await readFile(path, 'utf8')).trim()
    if (kept.length >= 32) return kept
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw new MarqueeError(
        'CONFIG_UNREADABLE',
        { file: path, reason: (error as Error).message },
        { cause: error },
      )
    }
  }
  const secret = randomBytes(32).toString('base64url')
  await writeAtomically(path, `${secret}\n`, 0o600)
  return secret
}
