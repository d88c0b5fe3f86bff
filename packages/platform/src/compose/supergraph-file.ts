import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Diagnostic } from './diagnostic.ts'
import { parseSupergraphYaml, type SubgraphEntry } from './supergraph-yaml.ts'

/** One subgraph with the text of its schema. `schemaFile` is absolute. */
export type SubgraphSource = Readonly<{
  name: string
  routingUrl: string
  schemaFile: string
  schema: string
}>

export type SupergraphFile = Readonly<{
  file: string
  subgraphs: readonly SubgraphSource[]
  /** Every subgraph of the file, also those left out. */
  names: readonly string[]
  /** Every file that the graph is made from, also one that could not be read: what to watch. */
  inputs: readonly string[]
  diagnostics: readonly Diagnostic[]
}>

type Environment = Readonly<Record<string, string | undefined>>

const expand = (text: string, env: Environment): string =>
  text.replaceAll(/\$\{env\.(\w+)\}/g, (hole, name: string) => env[name] ?? hole)

const readSource = async (
  entry: SubgraphEntry,
  file: string,
  env: Environment,
): Promise<{ source: SubgraphSource; diagnostics: readonly Diagnostic[] }> => {
  const schemaFile = resolve(dirname(file), expand(entry.schemaFile, env))
  const source = { name: entry.name, routingUrl: expand(entry.routingUrl, env), schemaFile }
  try {
    return { source: { ...source, schema: await readFile(schemaFile, 'utf8') }, diagnostics: [] }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const diagnostic = {
      code: 'SCHEMA_FILE_UNREADABLE',
      message:
        code === 'ENOENT' ? `The schema file ${schemaFile} does not exist.` : `${schemaFile}: ${message}`,
      mend: 'Correct `schema.file`: it is relative to the folder of this file.',
      subgraph: entry.name,
      file,
      ...entry.place,
    }
    return { source: { ...source, schema: '' }, diagnostics: [diagnostic] }
  }
}

/**
 * Reads supergraph.yaml and the schemas it names; `${env.NAME}` in a value is replaced. Nothing is thrown: what is
 * wrong is in `diagnostics`.
 * @param file  absolute path of supergraph.yaml
 * @param only  keep these subgraphs alone; empty keeps all
 */
export const readSupergraphFile = async (
  file: string,
  env: Environment,
  only: readonly string[] = [],
): Promise<SupergraphFile> => {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const diagnostic = {
      code: 'SUPERGRAPH_FILE_UNREADABLE',
      message: code === 'ENOENT' ? 'There is no such file.' : message,
      mend: 'Name the file that lists the subgraphs with `--config`.',
      file,
    }
    return { file, subgraphs: [], names: [], inputs: [file], diagnostics: [diagnostic] }
  }
  const { entries, diagnostics } = parseSupergraphYaml(text, file)
  const wanted = entries.filter(({ name }) => only.length === 0 || only.includes(name))
  const read = await Promise.all(wanted.map(entry => readSource(entry, file, env)))
  return {
    file,
    subgraphs: read.map(({ source }) => source),
    names: entries.map(({ name }) => name),
    inputs: [file, ...read.map(({ source }) => source.schemaFile)],
    diagnostics: [...diagnostics, ...read.flatMap(one => one.diagnostics)],
  }
}
