import { environmentNameOf, errorCatalogue, keysOf } from '@marquee/contract'
import { z } from 'zod'
import { marqueeConfig } from './marquee-config.ts'

type JsonSchema = Readonly<{
  type?: string
  enum?: readonly unknown[]
  anyOf?: readonly JsonSchema[]
  items?: JsonSchema
  default?: unknown
  description?: string
  properties?: unknown
  minimum?: number
  exclusiveMinimum?: number
  maximum?: number
  minLength?: number
}>

const schemaOf = (schema: z.core.$ZodType): JsonSchema =>
  z.toJSONSchema(schema as z.ZodType, { io: 'input', unrepresentable: 'any' }) as JsonSchema

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

/** JSON Schema writes the safe range of an integer out; only bounds that somebody chose are of interest. */
const boundsOf = ({ minimum, exclusiveMinimum, maximum }: JsonSchema): string => {
  const least = minimum ?? (exclusiveMinimum === undefined ? undefined : exclusiveMinimum + 1)
  const isLeast = least !== undefined && least > -Number.MAX_SAFE_INTEGER
  const isMost = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER
  if (isLeast && isMost) return `, ${least} to ${maximum}`
  if (isLeast) return `, from ${least}`
  return isMost ? `, up to ${maximum}` : ''
}

const typeOf = (schema: JsonSchema): string => {
  if (schema.enum !== undefined) return schema.enum.map(value => `\`${String(value)}\``).join(', ')
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeOf).join(' or ')
  if (schema.type === 'array')
    return `list of ${schema.items === undefined ? 'values' : typeOf(schema.items)}`
  if (schema.type === 'string') return 'text'
  if (schema.type === 'object') return 'map'
  return `${schema.type ?? 'any'}${boundsOf(schema)}`
}

const defaultOf = ({ default: value }: JsonSchema): string =>
  value === undefined ? '' : `\`${JSON.stringify(value)}\``

const isObject = (schema: JsonSchema): boolean => schema.properties !== undefined

const rowsOf = (name: string, section: z.core.$ZodType): string[] =>
  keysOf(section, [name]).flatMap(({ path, schema }) => {
    const json = schemaOf(schema)
    if (isObject(json)) return []
    const cells = [
      `\`${path.join('.')}\``,
      typeOf(json),
      defaultOf(json),
      json.description ?? '',
      `\`${environmentNameOf(path, schema)}\``,
    ]
    return [`| ${cells.map(cell).join(' | ')} |`]
  })

const sectionOf = (name: string, section: z.core.$ZodType): string =>
  [
    `## ${name}`,
    '',
    schemaOf(section).description ?? '',
    '',
    '| key | type | default | meaning | environment |',
    '| --- | --- | --- | --- | --- |',
    ...rowsOf(name, section),
    '',
  ].join('\n')

/** The page docs/configuration.md, made from the schema of marquee.yaml. */
export const configReference = (): string =>
  [
    '# Configuration',
    '',
    '<!-- Made by `npm run marquee docs` from the schema of marquee.yaml: change the schema, not this page. -->',
    '',
    'One file, `marquee.yaml` in the root of the project (or the file that `MARQUEE_CONFIG` names), holds everything. A file that is named so must be there; empty, no file is read.',
    'Every key has a default, so it may be absent. A key that is not listed here is an error. An environment variable',
    'goes over the file, a flag of the command line over both. A variable of a text is taken as it is; any other is read',
    'as YAML: `5`, `true`, `[a, b]`, `{"auth": {"writer": "postgres://…"}}`.',
    '',
    ...Object.entries(marqueeConfig.shape).map(([name, section]) => sectionOf(name, section)),
  ].join('\n')

/** The page docs/errors.md, made from the error catalogue. */
export const errorsReference = (): string =>
  [
    '# Errors',
    '',
    '<!-- Made by `npm run marquee docs` from packages/contract/src/catalogue.ts: change the catalogue, not this page. -->',
    '',
    'Every error that Marquee gives has a code, in `extensions.code` of a GraphQL error and in parentheses on the command',
    'line. The status is that of an error that ends the whole request; an error of one field leaves the status at 200.',
    'Whatever is not in this list is masked: its message is `Something went wrong on our side`, and `extensions.id` is',
    'found in the log.',
    '',
    '| code | status | what it means | how to mend it |',
    '| --- | --- | --- | --- |',
    ...Object.entries(errorCatalogue).map(
      ([code, { status, means, mend }]) => `| \`${code}\` | ${status} | ${cell(means)} | ${cell(mend)} |`,
    ),
    '',
  ].join('\n')
