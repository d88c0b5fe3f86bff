import type { Outcome } from './subject.ts'

type Path = readonly (string | number)[]

const isPrefix = (a: Path, b: Path): boolean => a.length <= b.length && a.every((step, at) => step === b[at])

/** An error without a path is about everything. */
const isNamed = ({ errors }: Outcome, place: Path): boolean =>
  errors.some(({ path }) => path === undefined || isPrefix(path, place) || isPrefix(place, path))

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

export type Leniency = Readonly<{
  /** Entities may be "not found", which is no error: null needs no explanation then. */
  mayLose: boolean
  /** Response names of fields that are computed from others: null when those failed, computed anew when they are lost. */
  computed: ReadonlySet<string>
}>

type Judge = Readonly<{ outcome: Outcome }> & Leniency

const isComputed = ({ computed }: Leniency, place: Path): boolean =>
  place.some(step => computed.has(String(step)))

const judgeNull = (judge: Judge, place: Path): string | undefined => {
  const { outcome, mayLose } = judge
  // What it is computed from failed, and the error names that.
  const isConsequence = outcome.errors.length > 0 && isComputed(judge, place)
  if (mayLose || isConsequence || isNamed(outcome, place)) return undefined
  return `${place.join('.')} is null, and no error says why`
}

const judgeValue = (judge: Judge, place: Path, what: string): string | undefined =>
  judge.mayLose && isComputed(judge, place) ? undefined : `${place.join('.')} has another ${what}`

const judgeObjects = (
  judge: Judge,
  expected: Record<string, unknown>,
  actual: Record<string, unknown>,
  place: Path,
): string | undefined => {
  for (const name of Object.keys(actual)) {
    if (!Object.hasOwn(expected, name)) return `${[...place, name].join('.')} was not asked for`
  }
  for (const [name, value] of Object.entries(expected)) {
    const here = [...place, Array.isArray(expected) ? Number(name) : name]
    if (!Object.hasOwn(actual, name)) {
      // Below a type that could not be told, fragments do not apply.
      if (judge.mayLose || isNamed(judge.outcome, place)) continue
      return `${here.join('.')} is missing, and no error says why`
    }
    const problem = judgeAny(judge, value, actual[name], here)
    if (problem !== undefined) return problem
  }
  return undefined
}

const judgeAny = (judge: Judge, expected: unknown, actual: unknown, place: Path): string | undefined => {
  if (actual === null && expected !== null) return judgeNull(judge, place)
  if (!isObject(expected) || !isObject(actual)) {
    return Object.is(expected, actual) ? undefined : judgeValue(judge, place, 'value')
  }
  if (Array.isArray(expected) !== Array.isArray(actual)) return judgeValue(judge, place, 'form')
  if (Array.isArray(expected) && expected.length !== Object.keys(actual).length) {
    return judgeValue(judge, place, 'length')
  }
  return judgeObjects(judge, expected, actual, place)
}

/** Does a path name what the answer would have, as far as it goes? */
const isPlace = (data: unknown, [step, ...rest]: Path): boolean => {
  if (step === undefined || !isObject(data)) return true
  // Computed lists may have become longer.
  if (typeof step === 'number' && Array.isArray(data) && step >= data.length) return true
  return Object.hasOwn(data, step) && isPlace((data as Record<string | number, unknown>)[step], rest)
}

/**
 * What is wrong with an outcome when answers of subgraphs broke: anything but nulls that an error names, and nulls of
 * fields that are computed from what broke.
 * @returns the first place that is wrong, or undefined
 */
export const unexplainedDifference = (
  expected: Outcome,
  actual: Outcome,
  leniency: Leniency,
): string | undefined => {
  const thrown = actual.errors.find(error => error.message.startsWith('thrown: '))
  if (thrown !== undefined) return thrown.message
  const astray = actual.errors.find(({ path }) => path !== undefined && !isPlace(expected.data, path))
  if (astray !== undefined) return `an error names what the client did not select: ${astray.path?.join('.')}`
  return judgeAny({ outcome: actual, ...leniency }, expected.data, actual.data, [])
}
