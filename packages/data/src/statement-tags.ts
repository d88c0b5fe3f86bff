import { AsyncLocalStorage } from 'node:async_hooks'

/**
 * Who caused a statement: the loader that ran it, and the GraphQL field whose load came first. Names of the code, never
 * a client's text: an alias or an argument would make every statement another one, and would be kept by the server.
 */
export type StatementTags = Readonly<{ field?: string; loader?: string }>

type Marked = Readonly<{ tags: StatementTags; comment: string }>

const current = new AsyncLocalStorage<Marked>()

// The specification url-encodes; these three would end the value or the comment, and encodeURIComponent leaves them.
const encoded = (value: string): string =>
  encodeURIComponent(value).replaceAll(
    /[!'*]/g,
    letter => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  )

const commentOf = (tags: StatementTags): string => {
  const pairs = Object.entries(tags)
    .filter(([, value]) => value !== undefined)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
  return pairs.length === 0
    ? ''
    : ` /*${pairs.map(([key, value]) => `${key}='${encoded(value)}'`).join(',')}*/`
}

// As many as there are pairs of a field and a loader in the code.
const known = new Map<string | undefined, Map<string | undefined, Marked>>()

const marked = (field: string | undefined, loader: string | undefined): Marked => {
  let ofField = known.get(field)
  if (ofField === undefined) known.set(field, (ofField = new Map()))
  let one = ofField.get(loader)
  if (one === undefined) {
    const tags = Object.freeze({
      ...(field === undefined ? {} : { field }),
      ...(loader === undefined ? {} : { loader }),
    })
    ofField.set(loader, (one = Object.freeze({ tags, comment: commentOf(tags) })))
  }
  return one
}

/**
 * Runs `work` with these tags on each statement that it causes, also later and in turn; tags that it does not name
 * stay as they were around it.
 */
export const withTags = <T>(tags: StatementTags, work: () => T): T => {
  const outer = current.getStore()?.tags
  return current.run(marked(tags.field ?? outer?.field, tags.loader ?? outer?.loader), work)
}

/** At the end of a statement: it is upkeep of ours (the doctor, moves, bulk loads), which the doctor does not judge. */
export const upkeepMark = `/*loader='upkeep'*/`

const noTags: StatementTags = Object.freeze({})

/** Those of the statements that the running code causes. */
export const currentTags = (): StatementTags => current.getStore()?.tags ?? noTags

/**
 * The statement with its tags behind it, in the form of sqlcommenter (https://google.github.io/sqlcommenter/spec/):
 * keys in order, values url-encoded. PostgreSQL and pg_stat_statements tell statements apart by what they parse to, so a
 * comment makes no statement another one. Whoever names prepared statements must name them by
 * the text without tags.
 */
export const tagged = (sql: string): string => {
  const comment = current.getStore()?.comment
  return comment === undefined ? sql : sql + comment
}

/** The tags at the end of a statement, as a server shows it; none when there is no comment of this form. */
export const tagsOf = (sql: string): StatementTags => {
  const [, text = ''] = /\/\*((?:\w+='[^']*',?)+)\*\/[\s;]*$/.exec(sql) ?? []
  const pairs = [...text.matchAll(/(\w+)='([^']*)'/g)].map(([, key = '', value = '']) => [
    key,
    decodeURIComponent(value),
  ])
  const { field, loader } = Object.fromEntries(pairs) as StatementTags
  return { ...(field === undefined ? {} : { field }), ...(loader === undefined ? {} : { loader }) }
}
