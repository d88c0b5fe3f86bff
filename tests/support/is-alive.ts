import { spawnSync } from 'node:child_process'

/** Not so for one that has ended and that the machine's init, its parent since its own died, has yet to reap. */
export const isAlive = (pid: number): boolean => {
  const state = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim()
  return state !== '' && !state.startsWith('Z')
}
