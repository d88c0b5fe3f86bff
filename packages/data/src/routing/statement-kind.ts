const comments = /^(?:\s|--[^\n]*\n|\/\*[\s\S]*?\*\/)*/
const reading = /^(select|with|values|table)\b/i
const changing =
  /\b(insert|update|delete|merge)\b|\bfor\s+(no\s+key\s+)?(update|share)\b|\bfor\s+key\s+share\b|\binto\b|\b(nextval|setval|pg_notify|pg_(try_)?advisory\w*)\s*\(/i

/**
 * Whether a statement can run on a reader. What looks as if it might change something is not one; what changes
 * something without looking so, a reader refuses (SQLSTATE 25006).
 */
export const isRead = (sql: string): boolean => {
  const text = sql.replace(comments, '')
  return reading.test(text) && !changing.test(text)
}

export const isBegin = (sql: string): boolean => /^(begin|start transaction)\b/i.test(sql)

export const isReadOnlyBegin = (sql: string): boolean => isBegin(sql) && /\bread only\b/i.test(sql)

export const isCommit = (sql: string): boolean => /^(commit|end)\b/i.test(sql)

export const isRollback = (sql: string): boolean => /^rollback(?! to)\b/i.test(sql)
