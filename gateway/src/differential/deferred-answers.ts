import { Kind, visit, type DirectiveNode, type DocumentNode, type SelectionNode } from 'graphql'
import type { IncrementalResult } from '../executor/executor.ts'
import { negotiate } from '../pipeline/media-type.ts'
import { writeFirst, writeUpdate } from '../pipeline/write-parts.ts'
import type { Random } from './random.ts'

type Path = readonly (string | number)[]
type Json = Record<string, unknown>

const nameNode = (value: string) => ({ kind: Kind.NAME, value }) as const

const directive = (label: string | undefined): DirectiveNode => ({
  kind: Kind.DIRECTIVE,
  name: nameNode('defer'),
  arguments:
    label === undefined
      ? []
      : [{ kind: Kind.ARGUMENT, name: nameNode('label'), value: { kind: Kind.STRING, value: label } }],
})

/** Puts `@defer` on random fragments of a query, and random selections into fragments with it. */
export const withDefers = (document: DocumentNode, rng: Random, share: number): DocumentNode => {
  let count = 0
  const next = () => directive(rng.chance(0.5) ? `label ${(count += 1)}` : undefined)
  const deferred = (node: SelectionNode): SelectionNode => {
    if (!rng.chance(share)) return node
    if (node.kind !== Kind.FIELD) return { ...node, directives: [...(node.directives ?? []), next()] }
    return {
      kind: Kind.INLINE_FRAGMENT,
      directives: [next()],
      selectionSet: { kind: Kind.SELECTION_SET, selections: [node] },
    }
  }
  return visit(document, {
    SelectionSet: { leave: node => ({ ...node, selections: node.selections.map(deferred) }) },
  })
}

/** The parts of an answer, as a client reads them. */
export const readParts = (text: string): Json[] =>
  text
    .split('\r\n---')
    .slice(1, -1)
    .map(part => JSON.parse(part.slice(part.indexOf('\r\n\r\n'))) as Json)

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null

/** As Apollo Client merges: deep, lists by index. */
const merge = (into: Json, from: Json): void => {
  for (const name of Object.keys(from)) {
    const value = from[name]
    const known = Object.hasOwn(into, name) ? into[name] : undefined
    if (isObject(known) && isObject(value)) merge(known, value)
    else Object.defineProperty(into, name, { value, enumerable: true, configurable: true, writable: true })
  }
}

const at = (data: unknown, path: Path): Json => {
  const found = path.reduce<unknown>(
    (value, step) => (isObject(value) && Object.hasOwn(value, step) ? value[step] : undefined),
    data,
  )
  if (!isObject(found)) throw new Error(`nothing was sent at ${path.join('.')}`)
  return found
}

type Item = { id?: string; path?: Path; subPath?: Path; data?: Json | null; errors?: unknown[] }
type Merged = { data: unknown; errors: unknown[] }

const mergeOld = (parts: readonly Json[]): Merged => {
  const [first = {}, ...rest] = parts
  const errors = [...((first['errors'] as unknown[]) ?? [])]
  for (const part of rest) {
    for (const item of (part['incremental'] as Item[]) ?? []) {
      const place = at(first['data'], item.path ?? [])
      errors.push(...(item.errors ?? []))
      if (item.data !== null) merge(place, item.data ?? {})
    }
  }
  return { data: first['data'], errors }
}

const mergeCurrent = (parts: readonly Json[]): Merged => {
  const [first = {}, ...rest] = parts
  const errors = [...((first['errors'] as unknown[]) ?? [])]
  const pending = new Map<string, Path>()
  for (const part of [first, ...rest]) {
    for (const { id = '', path = [] } of (part['pending'] as Item[]) ?? []) {
      pending.set(id, path)
    }
    for (const { id = '', subPath = [], data, errors: own = [] } of (part['incremental'] as Item[]) ?? []) {
      const path = pending.get(id)
      if (path === undefined) throw new Error(`${id} is not pending`)
      const place = at(first['data'], [...path, ...subPath])
      const again = Object.keys(data ?? {}).filter(name => Object.hasOwn(place, name))
      if (again.length > 0) throw new Error(`${again.join()} came twice at ${path.join('.')}`)
      merge(place, data ?? {})
      errors.push(...own)
    }
    for (const { id = '', errors: own = [] } of (part['completed'] as Item[]) ?? []) {
      if (!pending.delete(id)) throw new Error(`${id} is completed and was not pending`)
      errors.push(...own)
    }
  }
  if (pending.size > 0) throw new Error(`${pending.size} never came`)
  return { data: first['data'], errors }
}

const describe = ({ message, path }: { message: string; path?: Path | undefined }) => ({
  shown: { message, ...(path !== undefined && { path }) },
  code: '',
})

/** Merges all parts of a result, in each of the formats. It throws where a format's rules are broken. */
export const mergedParts = async (result: IncrementalResult): Promise<readonly [Merged, Merged]> => {
  const old = negotiate('multipart/mixed;deferSpec=20220824').parts
  const current = negotiate('multipart/mixed').parts
  if (old === undefined || current === undefined) throw new Error('no format')
  const errors = result.errors.map(error => describe(error as never).shown)
  const json = JSON.stringify({ errors, data: JSON.parse(String(result.data)) })
  const pending = result.updates === undefined ? [] : result.pending
  const texts = [writeFirst(old, json, pending), writeFirst(current, json, pending)] as [string, string]
  let hasNext = pending.length > 0
  for await (const update of result.updates ?? []) {
    if (!hasNext) throw new Error('an update after the last')
    hasNext = update.hasNext
    texts[0] += writeUpdate(old, update, describe)
    texts[1] += writeUpdate(current, update, describe)
  }
  if (hasNext) throw new Error('the last part says that another follows')
  return [mergeOld(readParts(texts[0])), mergeCurrent(readParts(texts[1]))]
}
