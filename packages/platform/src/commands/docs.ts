import { join } from 'node:path'
import type { Command } from 'commander'
import { writeAtomically } from '../compose/write-atomically.ts'
import { projectRoot } from '../config/config-file.ts'

const docs = async (): Promise<void> => {
  const { configReference, errorsReference } = await import('../config/reference.ts')
  await writeAtomically(join(projectRoot, 'docs', 'configuration.md'), configReference())
  await writeAtomically(join(projectRoot, 'docs', 'errors.md'), errorsReference())
  console.log('docs/configuration.md and docs/errors.md are written.')
}

export const addDocs = (program: Command): void => {
  program
    .command('docs', { hidden: true })
    .description('write the pages of docs/ that are made from code')
    .action(docs)
}
