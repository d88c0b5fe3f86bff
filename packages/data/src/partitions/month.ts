/** A month of UTC, as what people call it: `2026-11`. */
export type Month = string

export const monthOf = (at: Date): Month => at.toISOString().slice(0, 7)

/** @param count  may be negative */
export const monthsLater = (month: Month, count: number): Month => {
  const [year = 0, number = 1] = month.split('-').map(Number)
  return monthOf(new Date(Date.UTC(year, number - 1 + count, 1)))
}

/** Where a month begins, as PostgreSQL reads it whatever its time zone is. */
export const startOf = (month: Month): string => `${month}-01 00:00:00+00`
