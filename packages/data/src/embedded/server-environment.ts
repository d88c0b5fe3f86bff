import type { RunAs } from './run-as.ts'

/** Nothing of ours reaches the server: no PGPORT or PGOPTIONS that would steer it, and no secrets. */
export const serverEnvironment: NodeJS.ProcessEnv = Object.freeze({
  PATH: '/usr/local/bin:/usr/bin:/bin',
  LC_MESSAGES: 'C',
  TZ: 'UTC',
})

export const identityOf = (runAs: RunAs): { uid?: number; gid?: number } =>
  runAs === null ? {} : { uid: runAs.uid, gid: runAs.gid }
