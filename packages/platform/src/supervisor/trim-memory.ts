import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * A start leaves garbage behind that an idle process, which collects only when it allocates, would keep for ever. One
 * full collection soon after it gave back 20 MB a process. Loaded into each service by `--import`; the supervisor calls
 * it itself.
 */
const afterMs = 5000

setTimeout(() => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (options: object) => void
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}, afterMs).unref()
