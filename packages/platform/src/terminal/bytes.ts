const units = ['B', 'kB', 'MB', 'GB', 'TB']

/** In the unit that leaves one to three digits before the point. */
export const bytes = (count: number): string => {
  const power = Math.min(units.length - 1, count < 1 ? 0 : Math.floor(Math.log10(count) / 3))
  const amount = count / 1000 ** power
  return `${power === 0 || amount >= 100 ? Math.round(amount) : amount.toFixed(1)} ${units[power] ?? ''}`
}
