import { composeServices } from '@apollo/composition'
import { GraphQLError, Kind, parse, Source, visit, type ASTNode, type DocumentNode } from 'graphql'
import type { Diagnostic } from './diagnostic.ts'
import { mendOf } from './mends.ts'
import type { SubgraphSource, SupergraphFile } from './supergraph-file.ts'

export type Composition = Readonly<{
  /** The supergraph's SDL; undefined when there are errors. */
  supergraph?: string
  errors: readonly Diagnostic[]
  hints: readonly string[]
}>

type Parsed = Readonly<{ source: SubgraphSource; document: DocumentNode }>

const lineAndColumn = (node: ASTNode): Pick<Diagnostic, 'line' | 'column'> => ({
  line: node.loc?.startToken.line,
  column: node.loc?.startToken.column,
})

/** The definition of `Type.field` or of `Type` in one schema. */
const findDefinition = (
  document: DocumentNode,
  type: string,
  field: string | undefined,
): ASTNode | undefined => {
  let found: ASTNode | undefined
  visit(document, {
    enter: node => {
      if (!('name' in node) || node.name?.value !== type || !/Type(Definition|Extension)$/.test(node.kind))
        return undefined
      const members = 'fields' in node ? (node.fields ?? []) : []
      const member = members.find(({ name }) => name?.kind === Kind.NAME && name.value === field)
      found ??= field === undefined ? node : member
      return false
    },
  })
  return found
}

/** Errors without a place name one in their text: `"Type.field"`, and often the subgraph. */
const placeInText = (message: string, parsed: readonly Parsed[]): Partial<Diagnostic> => {
  const coordinates = [...message.matchAll(/"(\w+)\.(\w+)/g)].map(([, type = '', field]) => ({ type, field }))
  const types = [...message.matchAll(/(?:[Tt]ype|on) "?(\w+)"?/g)].map(([, type = '']) => ({
    type,
    field: undefined,
  }))
  const isNamed = ({ source }: Parsed): boolean =>
    message.includes(`"${source.name}"`) || message.startsWith(`[${source.name}]`)
  const order = parsed.toSorted((one, other) => Number(isNamed(other)) - Number(isNamed(one)))
  for (const { type, field } of [...coordinates, ...types]) {
    for (const { source, document } of order) {
      const node = findDefinition(document, type, field)
      if (node !== undefined)
        return { subgraph: source.name, file: source.schemaFile, ...lineAndColumn(node) }
    }
  }
  const only = order.find(isNamed)
  return only === undefined ? {} : { subgraph: only.source.name, file: only.source.schemaFile }
}

const withoutPrefix = (message: string): string => message.replace(/^\[[\w-]+\] /, '')

const diagnosticOf = (error: GraphQLError, parsed: readonly Parsed[], fallback: string): Diagnostic => {
  const { code: known } = error.extensions
  const code = typeof known === 'string' ? known : 'INVALID_GRAPHQL'
  const base = { code, message: withoutPrefix(error.message), mend: mendOf(code) }
  for (const node of error.nodes ?? []) {
    const subgraph = parsed.find(({ source }) => source.schemaFile === node.loc?.source.name)
    if (subgraph !== undefined) {
      return {
        ...base,
        subgraph: subgraph.source.name,
        file: subgraph.source.schemaFile,
        ...lineAndColumn(node),
      }
    }
  }
  return { ...base, file: fallback, ...placeInText(error.message, parsed) }
}

const parseSchema = (source: SubgraphSource): Parsed | Diagnostic => {
  try {
    return { source, document: parse(new Source(source.schema, source.schemaFile)) }
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error
    const isEmpty = source.schema.trim() === ''
    const [location] = error.locations ?? []
    return {
      code: 'INVALID_GRAPHQL',
      message: isEmpty ? 'The schema file is empty.' : error.message,
      mend: isEmpty ? 'Write the schema of this subgraph.' : 'Mend the syntax at this place.',
      subgraph: source.name,
      file: source.schemaFile,
      line: location?.line,
      column: location?.column,
    }
  }
}

/** Composes what `readSupergraphFile` read. Each error has the place in the schema where it can be mended. */
export const composeSupergraph = (file: SupergraphFile): Composition => {
  if (file.diagnostics.length > 0) return { errors: file.diagnostics, hints: [] }
  const results = file.subgraphs.map(parseSchema)
  const errors = results.filter((result): result is Diagnostic => 'message' in result)
  if (errors.length > 0) return { errors, hints: [] }
  const parsed = results.filter((result): result is Parsed => 'document' in result)
  try {
    const result = composeServices(
      parsed.map(({ source, document }) => ({
        name: source.name,
        url: source.routingUrl,
        typeDefs: document,
      })),
    )
    if (result.errors !== undefined) {
      return { errors: result.errors.map(error => diagnosticOf(error, parsed, file.file)), hints: [] }
    }
    return {
      supergraph: `${result.supergraphSdl.trimEnd()}\n`,
      errors: [],
      hints: result.hints.map(String),
    }
  } catch (error) {
    // Subgraph names that cannot be, and the like, are thrown by the library.
    if (!(error instanceof Error)) throw error
    const known = error instanceof GraphQLError ? error : new GraphQLError(error.message)
    return { errors: [diagnosticOf(known, parsed, file.file)], hints: [] }
  }
}
