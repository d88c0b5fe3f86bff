import { median } from '../support/report.ts'
import { memoryOf } from '../support/process-tree.ts'
import { loadWith, type Round } from '../support/wrk.ts'
import type { Case } from './cases.ts'
import { isEqual, type Lab, type Running } from './lab.ts'
import { bodyOf } from './operations.ts'
import type { Subject } from './subjects/subject.ts'

/** How long (in CPU time of the subject) and how often. `leadMs` is the part of each round before it is measured. */
export type Effort = Readonly<{ rounds: number; warmMs: number; leadMs: number; windowMs: number }>

/** One subject in one case: medians of its rounds, or why there are none. */
export type Figures = Readonly<
  | {
      subject: Subject
      requestsPerSecond: number
      cpuMs: number
      p50: number
      p99: number
      rssMb: number
      /** Subgraph requests per operation. */
      perOperation: number
    }
  | { subject: Subject; problem: string }
>

type Measured = Round & Readonly<{ rssMb: number; perOperation: number }>
type Entrant = { subject: Subject; running?: Running; rounds: Measured[]; problem?: string; bytes: number }

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** A figure of another length than the answer that was checked comes of answers that say something else. */
const tolerance = 0.05

const ask = async (lab: Lab, one: Case, entrant: Entrant): Promise<readonly unknown[]> => {
  const running = await lab.running(entrant.subject)
  entrant.running = running
  const answers: unknown[] = []
  // Every text once: planning is not what is measured. A few answers are enough to compare.
  for (const operation of one.operations) {
    const isCompared = answers.length < 5
    const data = await lab.data(running, operation)
    if (isCompared) answers.push(data)
  }
  return answers
}

/** Asks all; whose answer differs from the first one's is not measured. */
const compareAnswers = async (lab: Lab, one: Case, entrants: readonly Entrant[]): Promise<void> => {
  let right: readonly unknown[] | undefined
  for (const entrant of entrants) {
    try {
      const answers = await ask(lab, one, entrant)
      right ??= answers
      if (!isEqual(answers, right)) entrant.problem = 'its answer is another than the first subject gave'
    } catch (error) {
      entrant.problem = reasonOf(error)
    }
  }
}

const round = async (lab: Lab, one: Case, running: Running, effort: Effort): Promise<Measured> => {
  const load = {
    bodies: one.operations.map(bodyOf),
    connections: one.connections,
    ...(one.isPersonal === true && { headers: { 'x-user': 'user@n@' } }),
  }
  await lab.subgraphs.slow(one.slowEvery === undefined ? 0 : 50, one.slowEvery ?? 0)
  const before = await lab.subgraphs.requests()
  const window = { fromMs: effort.leadMs, forMs: effort.windowMs, by: 'cpu' } as const
  const result = await loadWith(lab.processes, running.started, running.url, load, window, lab.folder)
  await lab.settled(running)
  const requests = (await lab.subgraphs.requests()) - before
  const { rss } = await memoryOf(running.started.pid)
  await lab.subgraphs.slow(0, 0)
  // All that was sent, answered in time or not: the subgraphs worked for those as well.
  return { ...result, rssMb: rss, perOperation: requests / result.sent }
}

const take = async (lab: Lab, one: Case, entrant: Entrant, effort: Effort): Promise<void> => {
  if (entrant.problem !== undefined || entrant.running === undefined) return
  try {
    const result = await round(lab, one, entrant.running, effort)
    if (result.errors > 0) throw new Error(`${result.errors} of ${result.answers} answers failed`)
    entrant.bytes ||= result.bytes
    if (Math.abs(result.bytes / entrant.bytes - 1) > tolerance) throw new Error('answers differ in length')
    entrant.rounds.push(result)
  } catch (error) {
    entrant.problem = reasonOf(error)
  }
}

const summarise = ({ subject, rounds, problem }: Entrant): Figures => {
  if (problem !== undefined) return { subject, problem }
  const middle = (of: (one: Measured) => number): number => median(rounds.map(of))
  return {
    subject,
    requestsPerSecond: middle(one => one.requestsPerSecond),
    cpuMs: middle(one => one.cpuMs),
    p50: middle(one => one.p50),
    p99: middle(one => one.p99),
    rssMb: middle(one => one.rssMb),
    perOperation: middle(one => one.perOperation),
  }
}

/** Measures one case: all subjects warmed up, then in rounds, each subject once a round. */
export const measureCase = async (
  lab: Lab,
  one: Case,
  subjects: readonly Subject[],
  effort: Effort,
): Promise<readonly Figures[]> => {
  const entrants = subjects.map((subject): Entrant => ({ subject, rounds: [], bytes: 0 }))
  await compareAnswers(lab, one, entrants)
  if (effort.warmMs > 0)
    for (const entrant of entrants) {
      await take(lab, one, entrant, { ...effort, leadMs: 0, windowMs: effort.warmMs })
      entrant.rounds.length = 0
    }
  for (let count = 0; count < effort.rounds; count += 1)
    for (const entrant of entrants) await take(lab, one, entrant, effort)
  return entrants.map(summarise)
}
