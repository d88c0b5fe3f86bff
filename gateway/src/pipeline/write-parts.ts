import type { DescribedError } from '../errors/describe-error.ts'
import type { Delivery, PendingPart, Update } from '../executor/executor.ts'
import { jsonText } from '../executor/json-text.ts'
import type { PartsFormat } from './media-type.ts'

// Spec: graphql-over-http, "Incremental Delivery over HTTP"; RFC 2046, section 5.1.

/** Describes an error as clients see it, and keeps it for the log. */
export type Describe = (error: Delivery['errors'][number]) => DescribedError

const partHead = '\r\ncontent-type: application/json; charset=utf-8\r\n\r\n'

/** The boundary comes right behind a part: the client need not wait for the next to know that it is complete. */
const written = (json: string, hasNext: boolean): string =>
  `${partHead}${json}\r\n---${hasNext ? '' : '--\r\n'}`

/**
 * The first part of an answer, as JSON without `hasNext`.
 * @param json     an object with a field at least
 * @param pending  what follows; none: nothing does
 */
export const writeFirst = (format: PartsFormat, json: string, pending: readonly PendingPart[]): string => {
  const hasNext = pending.length > 0
  const announced = format.version === 'v0.2' && hasNext ? `,"pending":${JSON.stringify(pending)}` : ''
  return `\r\n---${written(`${json.slice(0, -1)}${announced},"hasNext":${hasNext}}`, hasNext)}`
}

const errorsText = (errors: readonly DescribedError[]): string =>
  errors.length === 0 ? '' : `,"errors":${JSON.stringify(errors.map(({ shown }) => shown))}`

type Described = Omit<Delivery, 'errors'> & Readonly<{ errors: readonly DescribedError[] }>

const oldItem = ({ pending: { path, label }, data, errors }: Described): string => {
  const name = label === undefined ? '' : `,"label":${jsonText(label)}`
  return `{"path":${JSON.stringify(path)}${name},"data":${data ?? 'null'}${errorsText(errors)}}`
}

const subPathText = (subPath: readonly (string | number)[]): string =>
  subPath.length === 0 ? '' : `,"subPath":${JSON.stringify(subPath)}`

/** Errors of what is delivered all the same stand with its first piece. */
const currentItems = ({ pending: { id }, data, news, errors }: Described): readonly string[] => {
  if (data === undefined) return []
  const pieces = news.length === 0 && errors.length > 0 ? [{ subPath: [], data: '{}' }] : news
  return pieces.map(({ subPath, data: piece }, index) => {
    const own = index === 0 ? errorsText(errors) : ''
    return `{"id":"${id}"${subPathText(subPath)},"data":${piece}${own}}`
  })
}

const completion = ({ pending: { id }, data, errors }: Described): string =>
  `{"id":"${id}"${data === undefined ? errorsText(errors) : ''}}`

const listText = (name: string, items: readonly string[]): string =>
  items.length === 0 ? '' : `"${name}":[${items.join()}],`

/** A later part of an answer. */
export const writeUpdate = (
  format: PartsFormat,
  { pending, delivered, hasNext }: Update,
  describe: Describe,
): string => {
  const described = delivered.map(({ errors, ...rest }) => ({ ...rest, errors: errors.map(describe) }))
  const lists =
    format.version === '20220824'
      ? listText('incremental', described.map(oldItem))
      : listText(
          'pending',
          pending.map(each => JSON.stringify(each)),
        ) +
        listText('incremental', described.flatMap(currentItems)) +
        listText('completed', described.map(completion))
  return written(`{${lists}"hasNext":${hasNext}}`, hasNext)
}
