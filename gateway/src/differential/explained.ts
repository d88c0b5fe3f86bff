import type { Outcome } from './subject.ts'

type Path = readonly (string | number)[]

const isPrefix = (a: Path, b: Path): boolean => a.length <= b.length && a.every((step, at) => step === b[at])

/** An error without a path is about everything. */
const isNamed = ({ errors }: Outcome, place: Path): boolean =>
  errors.some(({ path }) => path === undefined || isPrefix(path, place) || isPrefix(place, path))

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

type Judge = Readonly<{
  outcome: Outcome
  /** Entities may be "not found", which is no error: null needs no explanation then. */
  mayLose: boolean
}>

const judgeNull = ({ outcome, mayLose }: Judge, place: Path): string | undefined =>
  mayLose || isNamed(outcome, place) ? undefined : `${place.join('.')} is null, and no error says why`

/** Another value may only be what a field makes of others of its object that failed. */
const judgeValue = ({ outcome }: Judge, place: Path, what: string): string | undefined =>
  isNamed(outcome, place.slice(0, -1)) ? undefined : `${place.join('.')} has another ${what}`

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

/**
 * What is wrong with an outcome when answers of subgraphs broke: anything but nulls that an error names.
 * @returns the first place that is wrong, or undefined
 */
export const unexplainedDifference = (
  expected: Outcome,
  actual: Outcome,
  mayLose = false,
): string | undefined => {
  const thrown = actual.errors.find(error => error.message.startsWith('thrown: '))
  if (thrown !== undefined) return thrown.message
  return judgeAny({ outcome: actual, mayLose }, expected.data, actual.data, [])
}
