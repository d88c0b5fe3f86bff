import { relative } from 'node:path'
import { printDiagnostic } from '../compose/diagnostic.ts'
import { printFinding } from '../doctor/print-findings.ts'
import { firstQuery } from '../demo/first-query.ts'
import type { PlatformEvent, Report } from '../up/events.ts'
import { printFailure } from './failure.ts'
import { progress, type Progress } from './progress.ts'

const seconds = (ms: number): string => (ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`)

const indented = (text: string): string => text.trimEnd().replaceAll(/^/gm, '    ')

const greeting = ({
  url,
  demo,
  services,
  folder,
  startedInMs,
}: Extract<PlatformEvent, { event: 'ready' }>): string => {
  const page = new URL('/', url).href
  const names = services.map(({ name }) => name)
  const lines = [
    '',
    `Marquee is ready (${seconds(startedInMs)}).`,
    '',
    `  GraphiQL   ${page}`,
    `  GraphQL    ${url}`,
    ...(demo === null ? [] : [`  Demo       ${demo.email}, password ${demo.password}`]),
    `  Running    ${names.join(', ')}`,
    `  Data, logs ${folder}`,
    '',
    ...(names.includes('movies') && names.includes('users')
      ? ['A first query, to paste into GraphiQL:', '', indented(firstQuery), '']
      : []),
    'Ctrl-C stops it; the data stays.',
  ]
  return lines.join('\n')
}

const died = (code: number | null, signal: string | null): string =>
  signal === null ? `ended with code ${code}` : `was killed (${signal})`

/** What the platform says, for people: what happens to stdout, what is wrong to stderr. */
export const showEvents = (toOut: (line: string) => void, toErr: (line: string) => void): Report => {
  let bar: Progress | undefined
  const out = (line: string): void => (bar === undefined ? toOut : bar.print)(line)
  const err = (line: string): void => (bar === undefined ? toErr : bar.print)(line)
  let ready = false
  const endBar = (): void => {
    bar?.end()
    bar = undefined
  }
  const show = (event: PlatformEvent): void => {
    switch (event.event) {
      case 'starting':
        return out(`Starting in ${event.folder} …`)
      case 'note':
        return out(`  ${event.message}`)
      case 'warning':
        return err(`  ! ${event.message}`)
      case 'log':
        // Why a start fails is said once, at its end.
        return event.level === 'fatal' && !ready ? undefined : err(`  ! ${event.service}: ${event.message}`)
      case 'service-note':
        if (event.name === 'supergraph-refused') {
          err(`  ! ${event.service} refuses the supergraph: ${String(event.details['reason'])}`)
        } else if (event.name === 'supergraph-loaded' && ready) out('  the gateway serves the new supergraph')
        return undefined
      case 'composed':
        return ready && !event.changed
          ? undefined
          : out(`  supergraph ${event.changed ? 'composed' : 'is up to date'}: ${event.subgraphs.join(', ')}`)
      case 'compose-failed':
        return err(
          event.errors
            .map(error => ({
              ...error,
              file: error.file === undefined ? undefined : relative(process.cwd(), error.file),
            }))
            .map(printDiagnostic)
            .join('\n'),
        )
      case 'importing':
        bar ??= progress('importing films', toOut)
        return bar.show(event.done, event.total)
      case 'imported':
        endBar()
        return out(
          `  films imported: ${event.imported}${event.skipped > 0 ? ` (${event.skipped} skipped)` : ''}`,
        )
      case 'service-ready':
        return ready || event.restarts > 0
          ? out(`  ${event.service} is up again (process ${event.pid})`)
          : out(`  ${event.service} is up (process ${event.pid})`)
      case 'service-exited':
        return err(
          `  ! ${event.service} ${died(event.code, event.signal)}: starting it again in ${seconds(event.restartInMs)}`,
        )
      case 'service-restart-failed':
        return err(`  ! ${event.message} Trying again in ${seconds(event.restartInMs)}`)
      case 'database-failover':
        return err(
          `  ! ${event.from} ${event.reason === 'hung' ? 'hung and was killed' : 'died'}: ${event.to} is the writer now (timeline ${event.timeline}, ${seconds(event.tookMs)}); no acknowledged write is lost`,
        )
      case 'database-failover-refused':
        return err(
          `  ! no replica takes the place of ${event.writer}, which is started again: ${event.reason}`,
        )
      case 'database-rejoined':
        return out(`  ${event.server} is back, as a replica of ${event.writer}`)
      case 'shards-empty':
        return out(
          `  nothing is on ${event.shards.join(', ')} yet: \`marquee shards rebalance\` moves a fair part there`,
        )
      case 'archive-failing':
        return err(
          `  ! the log of ${event.server} is not archived (its own log says why): ${Math.ceil(event.waitingBytes / 1e6)} MB wait on its disk, archived last ${event.lastAt ?? 'never'}`,
        )
      case 'archive-mended':
        return out(`  the log of ${event.server} is archived again`)
      case 'ready':
        ready = true
        return out(greeting(event))
      case 'finding':
        return err(`  ! the doctor, on the database ${event.database}:\n${printFinding(event)}`)
      case 'mended':
        return out(
          `  the doctor: no more ${event.check} of ${event.object}, on the database ${event.database}`,
        )
      case 'stopping':
        return out('\nStopping …')
      case 'stopped':
        return out('Stopped.')
      case 'failed':
        endBar()
        return err(printFailure(event))
      default:
        return event satisfies never
    }
  }
  return show
}
