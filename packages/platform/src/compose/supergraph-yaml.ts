import { isMap, isScalar, LineCounter, parseDocument, type Document, type Node } from 'yaml'
import { z } from 'zod'
import type { Diagnostic } from './diagnostic.ts'

type Place = Pick<Diagnostic, 'line' | 'column'>

/** One subgraph of supergraph.yaml as it stands there; `place` is where its schema file is named. */
export type SubgraphEntry = Readonly<{ name: string; routingUrl: string; schemaFile: string; place: Place }>

export type SupergraphYaml = Readonly<{
  entries: readonly SubgraphEntry[]
  diagnostics: readonly Diagnostic[]
}>

/** The newest federation that the composition library understands. */
const newestFederation = [2, 14] as const

const subgraphSchema = z.strictObject({
  routing_url: z.string().min(1),
  schema: z.strictObject({ file: z.string().min(1) }),
})

const fileSchema = z.strictObject({
  federation_version: z.union([z.string(), z.number()]).optional(),
  subgraphs: z.record(z.string(), subgraphSchema).refine(subgraphs => Object.keys(subgraphs).length > 0, {
    message: 'it names no subgraph',
  }),
})

const remoteSources = new Set(['subgraph_url', 'graphref', 'subgraph'])

const mendOfKey = (key: string): string =>
  remoteSources.has(key)
    ? 'Schemas are read from files: save the SDL of this subgraph to a file and name it in `schema.file`.'
    : 'Remove it, or correct its spelling: there are `federation_version`, `subgraphs`, `routing_url`, `schema` and `file`.'

/** The node at a path, or the nearest one around it that exists. */
const nodeAt = (document: Document, path: readonly PropertyKey[]): Node | undefined => {
  for (let length = path.length; length >= 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true)
    if (node !== null && typeof node === 'object' && 'range' in node) return node as Node
  }
  return undefined
}

const keyAt = (document: Document, path: readonly PropertyKey[], key: string): Node | undefined => {
  const map = document.getIn(path, true)
  const pair = isMap(map) ? map.items.find(item => isScalar(item.key) && item.key.value === key) : undefined
  return pair?.key as Node | undefined
}

const versionProblem = (version: string | number | undefined): string | undefined => {
  if (version === undefined) return undefined
  const found = /^=?v?(\d+)(?:\.(\d+))?(?:\.\d+)?(?:-.+)?$/.exec(String(version))
  if (found === null) return `federation_version "${version}" is not a version.`
  const [major, minor] = [Number(found[1]), Number(found[2] ?? 0)]
  return major === newestFederation[0] && minor <= newestFederation[1]
    ? undefined
    : `federation_version ${version} is not supported.`
}

const syntaxProblems = (
  document: Document,
  file: string,
  placeOf: (offset?: number) => Place,
): Diagnostic[] =>
  document.errors.map(({ code, message, pos }) => ({
    code: code === 'DUPLICATE_KEY' ? 'DUPLICATE_NAME' : 'YAML_INVALID',
    message:
      code === 'DUPLICATE_KEY' ? 'This name stands here a second time.' : `This is not YAML: ${message}`,
    mend:
      code === 'DUPLICATE_KEY'
        ? 'Give each subgraph, and each key, a name of its own.'
        : 'Mend the syntax at this place.',
    file,
    ...placeOf(pos[0]),
  }))

const shapeProblems = (
  error: z.ZodError,
  document: Document,
  file: string,
  placeOf: (offset?: number) => Place,
): Diagnostic[] =>
  error.issues.flatMap(issue => {
    const subgraph =
      issue.path[0] === 'subgraphs' && issue.path.length > 1 ? String(issue.path[1]) : undefined
    const common = { code: 'SUPERGRAPH_FILE_INVALID', subgraph, file }
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map(key => ({
        ...common,
        message: `The key "${key}" is not known here.`,
        mend: mendOfKey(key),
        ...placeOf(keyAt(document, issue.path, key)?.range?.[0]),
      }))
    }
    return [
      {
        ...common,
        message: `${issue.path.join('.') || 'The file'}: ${issue.message}.`,
        mend: 'List the subgraphs under `subgraphs`, each with its name, `routing_url` and `schema.file`.',
        ...placeOf(nodeAt(document, issue.path)?.range?.[0]),
      },
    ]
  })

/**
 * Reads the text of supergraph.yaml, the format of Apollo's Rover. Nothing is thrown: what is wrong is in
 * `diagnostics`, with line and column.
 */
export const parseSupergraphYaml = (text: string, file: string): SupergraphYaml => {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const placeOf = (offset?: number): Place => {
    if (offset === undefined) return {}
    const { line, col } = lines.linePos(offset)
    return { line, column: col }
  }
  const syntax = syntaxProblems(document, file, placeOf)
  if (syntax.length > 0) return { entries: [], diagnostics: syntax }
  const parsed = fileSchema.safeParse(document.toJS() ?? {})
  if (!parsed.success)
    return { entries: [], diagnostics: shapeProblems(parsed.error, document, file, placeOf) }
  const problem = versionProblem(parsed.data.federation_version)
  const entries = Object.entries(parsed.data.subgraphs).map(([name, entry]) => ({
    name,
    routingUrl: entry.routing_url,
    schemaFile: entry.schema.file,
    place: placeOf(nodeAt(document, ['subgraphs', name, 'schema', 'file'])?.range?.[0]),
  }))
  if (problem === undefined) return { entries, diagnostics: [] }
  const diagnostic = {
    code: 'FEDERATION_VERSION_UNSUPPORTED',
    message: problem,
    mend: `Write a version from 2.0 to ${newestFederation.join('.')}: \`federation_version: =2.9.0\`.`,
    file,
    ...placeOf(nodeAt(document, ['federation_version'])?.range?.[0]),
  }
  return { entries, diagnostics: [diagnostic] }
}
