/** A value as `COPY … FROM STDIN` takes it. A list of texts is an array in PostgreSQL. */
export type CopyValue = string | number | boolean | null | readonly string[]

const special = /[\\\t\n\r]/g
const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }

const escaped = (text: string): string => text.replaceAll(special, one => escapes[one] ?? one)

const element = (text: string): string => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`

const textOf = (value: CopyValue): string => {
  if (value === null) return String.raw`\N`
  if (typeof value === 'string') return escaped(value)
  return typeof value === 'object' ? escaped(`{${value.map(element).join(',')}}`) : String(value)
}

/** One row in the text format of COPY. */
export const copyLine = (values: readonly CopyValue[]): string => `${values.map(textOf).join('\t')}\n`
