import type { ShardedDatabase } from '@marquee/data'
import { interposed, type Transaction } from './interposed.ts'

const death = 'the process is dead'

/**
 * The database as a process has it that dies: what it committed stays, and nothing more happens.
 * @param at  how many steps it lives; each transaction has one before its commit, and one after
 */
export const dyingDatabase = (database: ShardedDatabase, at: number) => {
  let passed = 0
  let isDead = false
  const live = (): void => {
    isDead ||= passed >= at
    if (isDead) throw new Error(death)
  }
  const step = (): void => {
    live()
    passed += 1
  }
  const transaction: Transaction = async (owner, work) => {
    if (isDead) throw new Error(death)
    const result = await database.transaction(owner, async em => {
      const done = await work(em)
      step()
      return done
    })
    step()
    return result
  }
  const dying = interposed(database, transaction)
  return { dying, isDead: () => isDead }
}

/**
 * Lets a process die before its first step, then another one before its second, and so on until one lives to the end.
 * @param work   what a process does
 * @param check  looks at what it left
 * @returns how many died
 */
export const dieAtEachStep = async (
  database: ShardedDatabase,
  work: (dying: ShardedDatabase) => Promise<unknown>,
  check: () => Promise<void>,
): Promise<number> => {
  for (let at = 0; ; at += 1) {
    const { dying, isDead } = dyingDatabase(database, at)
    await work(dying).catch((error: unknown) => {
      if ((error as Error).message !== death) throw error
    })
    await check()
    if (!isDead()) return at
  }
}
