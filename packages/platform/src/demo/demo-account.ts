import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { writeAtomically } from '../compose/write-atomically.ts'
import type { DemoAccount } from '../up/events.ts'
import { demoEmail, demoPeople } from './demo-people.ts'
import { seedDemo, type DemoScope } from './seed-demo.ts'

const keptSchema = z.object({ passwords: z.array(z.string()), done: z.boolean() })

const readKept = async (path: string): Promise<z.output<typeof keptSchema>> => {
  try {
    return keptSchema.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch {
    return { passwords: demoPeople.map(() => randomBytes(9).toString('base64url')), done: false }
  }
}

/**
 * The demo account, made when there is none yet. Its password is random and kept in a file of its owner's alone,
 * written before the account is made: so an interrupted start can go on.
 * @param url  where the gateway answers
 */
export const demoAccount = async (path: string, url: string, scope: DemoScope): Promise<DemoAccount> => {
  const { passwords, done } = await readKept(path)
  const account = { email: demoEmail(0), password: passwords[0] ?? '' }
  if (done) return account
  await writeAtomically(path, JSON.stringify({ passwords, done: false }), 0o600)
  const isWhole = await seedDemo(url, passwords, scope)
  await writeAtomically(path, JSON.stringify({ passwords, done: isWhole }), 0o600)
  return account
}
