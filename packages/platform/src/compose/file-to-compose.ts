import { access } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { projectRoot } from '../config/config-file.ts'

/** The supergraph.yaml that is meant: the one named, the one in this folder, or the project's own. */
export const fileToCompose = async (flag: string | undefined): Promise<string> => {
  if (flag !== undefined) return resolve(flag)
  const here = resolve('supergraph.yaml')
  return access(here).then(
    () => here,
    () => join(projectRoot, 'supergraph.yaml'),
  )
}
