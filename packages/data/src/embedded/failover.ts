import { clusterRole, fence, unfence } from './cluster-role.ts'
import { writerSettings } from './commit-rule.ts'
import { backendsIn, signal } from './processes.ts'
import { finalPosition, makeSlots, promote } from './promote.ts'
import { followSettings } from './start-replica.ts'
import type { PostgresServer } from './start-server.ts'

export type Candidate = Readonly<{ name: string; server: PostgresServer }>

export type FailedOver = Readonly<{ timeline: number; tookMs: number }>

const position = async ({ name, server }: Candidate): Promise<bigint> => {
  try {
    return await finalPosition(server)
  } catch (error) {
    throw new Error(`${name}, which may have the last writes, does not answer: ${(error as Error).message}`, {
      cause: error,
    })
  }
}

const mostAdvanced = async (candidates: readonly Candidate[]): Promise<Candidate> => {
  const positions = await Promise.all(candidates.map(position))
  const furthest = positions.reduce((most, one) => (one > most ? one : most))
  const found = candidates[positions.indexOf(furthest)]
  if (found === undefined) throw new Error('there is no replica')
  return found
}

/** Promotes, or finds out that it did not come to it. @returns the new timeline */
const promoteOrUnfence = async (old: PostgresServer, next: Candidate): Promise<number> => {
  try {
    return await promote(next.server)
  } catch (error) {
    // Only when it runs no more is what its files say the last word.
    signal(next.server.pid, 'SIGKILL')
    await next.server.exited
    if ((await clusterRole(next.server.folder, next.server.data)) === 'writer') return 0
    await unfence(old.folder, old.data)
    throw error
  }
}

/**
 * Puts the most advanced replica in the place of a writer whose postmaster has ended. In this order, so that at no
 * moment two could take writes, and what is broken off is repaired by `findWriter` at the next start:
 * 1. what is left of the old one is killed
 * 2. every candidate says how far it is, once nothing more arrives
 * 3. the old one is fenced: it comes back as a replica only
 * 4. the furthest is promoted, with commits that wait for one of the others from the first on
 * 5. the others follow it
 * @param candidates  replicas of which the most advanced has every acknowledged write
 * @throws when a candidate does not answer; then nothing has changed, and the old writer, which has everything, is to
 *         be started again
 */
export const failOver = async (
  old: PostgresServer,
  candidates: readonly Candidate[],
): Promise<FailedOver & { to: string }> => {
  const startedAt = performance.now()
  for (const pid of await backendsIn(old.data)) signal(pid, 'SIGKILL')
  const next = await mostAdvanced(candidates)
  const others = candidates.filter(candidate => candidate !== next)
  const names = others.map(({ name }) => name)
  await makeSlots(next.server, names)
  await next.server.reconfigure(writerSettings(next.name, names))
  await fence(old.folder, old.data)
  const timeline = await promoteOrUnfence(old, next)
  await Promise.all(others.map(({ name, server }) => server.reconfigure(followSettings(name, next.server))))
  return { to: next.name, timeline, tookMs: Math.round(performance.now() - startedAt) }
}
