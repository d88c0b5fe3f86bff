import type { Command } from 'commander'
import { addDbDoctor } from './db-doctor.ts'

export const addDb = (program: Command, exit: (code: number) => void): void => {
  const db = program.command('db').description('look after the databases')
  for (const add of [addDbDoctor]) add(db, exit)
}
