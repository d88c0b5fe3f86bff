const levels: Readonly<Record<number, string>> = Object.freeze({ 40: 'warn', 50: 'error', 60: 'fatal' })

export type Remark = Readonly<{ level: string; message: string }>

/**
 * What a person should see of one line of a service's output: warnings and worse of its JSON log, and whatever is not
 * JSON (a crash writes plain text). Undefined for the rest.
 */
export const remarkOf = (line: string): Remark | undefined => {
  if (line.trim() === '') return undefined
  // The common case, without parsing: pino writes the level first.
  if (/^\{"level":(10|20|30|"trace"|"debug"|"info"),/.test(line)) return undefined
  let entry: Record<string, unknown>
  try {
    entry = JSON.parse(line) as Record<string, unknown>
  } catch {
    return { level: 'error', message: line }
  }
  const { level, msg, err } = entry
  const name =
    typeof level === 'number' ? levels[level] : Object.values(levels).find(known => known === level)
  if (name === undefined) return undefined
  const cause = typeof err === 'object' && err !== null && 'message' in err ? String(err.message) : ''
  const text = typeof msg === 'string' ? msg : ''
  const message = cause === '' || text.includes(cause) ? text : `${text}${text === '' ? '' : ': '}${cause}`
  return { level: name, message }
}
