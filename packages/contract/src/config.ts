import { parse as parseYaml } from 'yaml'
import { z } from 'zod'
import { MarqueeError } from './marquee-error.ts'

export type Environment = Readonly<Record<string, string | undefined>>

type Node = z.core.$ZodType

/** Unwraps default, optional, nullable, readonly and prefault, down to the schema that has the keys. */
const core = (schema: Node): Node => {
  const inner = (schema._zod.def as { innerType?: Node }).innerType
  return inner === undefined ? schema : core(inner)
}

const shapeOf = (schema: Node): Readonly<Record<string, Node>> | undefined =>
  (core(schema)._zod.def as { shape?: Record<string, Node> }).shape

const screamingSnake = (key: string): string => key.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase()

/** The environment variable of a key: `gateway.maxBodyBytes` is MARQUEE_GATEWAY_MAX_BODY_BYTES, or `meta({ env })`. */
export const environmentNameOf = (path: readonly string[], schema: Node): string => {
  const named = z.globalRegistry.get(schema as z.ZodType)?.['env']
  return typeof named === 'string' ? named : ['MARQUEE', ...path.map(screamingSnake)].join('_')
}

/** Every key of a schema with its path, outermost first. Objects are listed, then their keys. */
export const keysOf = (
  schema: Node,
  path: readonly string[] = [],
): readonly { path: readonly string[]; schema: Node }[] =>
  Object.entries(shapeOf(schema) ?? {}).flatMap(([key, child]) => [
    { path: [...path, key], schema: child },
    ...keysOf(child, [...path, key]),
  ])

const put = (target: Record<string, unknown>, [first, ...rest]: readonly string[], value: unknown): void => {
  if (first === undefined) return
  if (rest.length === 0) {
    target[first] = value
    return
  }
  const below = target[first]
  const next = typeof below === 'object' && below !== null && !Array.isArray(below) ? { ...below } : {}
  target[first] = next
  put(next, rest, value)
}

const deepFreeze = <T>(value: T): T => {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const child of Object.values(value)) deepFreeze(child)
  }
  return value
}

/** The text of marquee.yaml as plain data. @throws CONFIG_INVALID with line and column when it is not YAML */
export const parseConfigText = (text: string, file: string): Readonly<Record<string, unknown>> => {
  let data: unknown
  try {
    data = parseYaml(text) ?? {}
  } catch (error) {
    throw new MarqueeError(
      'CONFIG_INVALID',
      { file, reason: (error as Error).message.split('\n')[0] },
      { cause: error },
    )
  }
  if (typeof data !== 'object' || Array.isArray(data) || data === null) {
    throw new MarqueeError('CONFIG_INVALID', { file, reason: 'it must hold keys and values' })
  }
  return data as Record<string, unknown>
}

/** The default of a key where NODE_ENV is `production`: `meta({ inProduction })`, beneath whatever is set. */
const productionDefaultOf = (schema: Node, env: Environment): unknown =>
  env['NODE_ENV'] === 'production' ? z.globalRegistry.get(schema as z.ZodType)?.['inProduction'] : undefined

const valueAt = (data: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((value, key) => (value as Record<string, unknown> | null | undefined)?.[key], data)

/**
 * One section of marquee.yaml: the file's value, then the environment over it, validated, with defaults, deep frozen.
 * An environment variable of a string key is taken as it is; any other is read as YAML (so `5`, `true`, `[a, b]`).
 * A key may have another default where NODE_ENV is `production`: `meta({ inProduction })`.
 * @throws CONFIG_INVALID naming the key and what it wants
 */
export const readSection = <S extends z.ZodType>(
  name: string,
  schema: S,
  source: Readonly<{ data?: Readonly<Record<string, unknown>>; env?: Environment; file?: string }>,
): z.output<S> => {
  const { data = {}, env = {}, file = 'marquee.yaml' } = source
  const raw: Record<string, unknown> = { [name]: data[name] ?? {} }
  for (const key of [{ path: [name], schema: schema as Node }, ...keysOf(schema, [name])]) {
    const value = env[environmentNameOf(key.path, key.schema)]
    const inProduction = productionDefaultOf(key.schema, env)
    if (value === undefined && inProduction !== undefined && valueAt(raw, key.path) === undefined) {
      put(raw, key.path, inProduction)
    }
    if (value === undefined) continue
    const isString = (core(key.schema)._zod.def as { type: string }).type === 'string'
    put(raw, key.path, isString ? value : parseYaml(value))
  }
  const result = schema.safeParse(raw[name])
  if (result.success) return deepFreeze(result.data)
  const reason = result.error.issues
    .map(issue => `${[name, ...issue.path].join('.')}: ${issue.message}`)
    .join('; ')
  throw new MarqueeError('CONFIG_INVALID', { file, reason })
}
