type Range = readonly [first: number, last: number]

const rangesOf = (buckets: readonly number[]): readonly Range[] => {
  const ranges: Range[] = []
  for (const bucket of [...new Set(buckets)].toSorted((one, other) => one - other)) {
    const [first, last] = ranges.at(-1) ?? [bucket, -2]
    if (last === bucket - 1) ranges[ranges.length - 1] = [first, bucket]
    else ranges.push([bucket, bucket])
  }
  return ranges
}

/** Buckets for people: `0-41, 50`. `parseBuckets` reads it. */
export const printBuckets = (buckets: readonly number[]): string =>
  rangesOf(buckets)
    .map(([first, last]) => (first === last ? String(first) : `${first}-${last}`))
    .join(', ')

const highest = 1023

const parseRange = (text: string): readonly number[] => {
  const [, first = '', last = first] = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(text.trim()) ?? []
  const from = Number(first)
  const to = Number(last)
  if (first === '' || from > to || to > highest) return []
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}

/** @returns buckets in order, or undefined when the text is not such as `0-41,50` */
export const parseBuckets = (text: string): readonly number[] | undefined => {
  const ranges = text.split(',').map(parseRange)
  if (ranges.some(range => range.length === 0)) return undefined
  return [...new Set(ranges.flat())].toSorted((one, other) => one - other)
}

/**
 * A condition on the column `bucket` that a publication takes as its row filter. Evaluated for each change of each row,
 * so ranges rather than a thousand numbers.
 */
export const bucketFilter = (buckets: readonly number[]): string => {
  const ranges = rangesOf(buckets)
  const singles = ranges.filter(([first, last]) => first === last).map(([first]) => first)
  return [
    ...ranges
      .filter(([first, last]) => first !== last)
      .map(([first, last]) => `bucket between ${first} and ${last}`),
    ...(singles.length === 0 ? [] : [`bucket in (${singles.join(', ')})`]),
  ].join(' or ')
}
