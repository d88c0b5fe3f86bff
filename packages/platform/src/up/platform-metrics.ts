import { Counter, Gauge, Registry } from 'prom-client'
import type { PlatformEvent, Report } from './events.ts'

type FindingEvent = Extract<PlatformEvent, { event: 'finding' | 'mended' }>

const placeOf = ({ database, server, check, object }: FindingEvent): string =>
  JSON.stringify([database, server, check, object])

/**
 * What the supervisor knows, for Prometheus: services, failovers, findings of the doctor.
 * @returns `hear`, to be told each event, and `registry`
 */
export const platformMetrics = (): Readonly<{ hear: Report; registry: Registry }> => {
  const registry = new Registry()
  const registers = [registry]
  const up = new Gauge({
    name: 'marquee_platform_service_up',
    help: '1 while the service runs and was ready.',
    labelNames: ['service'],
    registers,
  })
  const restarts = new Counter({
    name: 'marquee_platform_service_restarts_total',
    help: 'How often the service was started again.',
    labelNames: ['service'],
    registers,
  })
  const failovers = new Counter({
    name: 'marquee_platform_database_failovers_total',
    help: 'Writers that died, by set of servers: done when a replica took the place, refused when that could lose writes.',
    labelNames: ['set', 'outcome'],
    registers,
  })
  const known = new Map<string, Extract<FindingEvent, { event: 'finding' }>>()
  const findings: Gauge = new Gauge({
    name: 'marquee_platform_doctor_findings',
    help: 'What the doctor found at its last look.',
    labelNames: ['database', 'check', 'severity'],
    registers,
    collect: () => {
      findings.reset()
      for (const { database, check, severity } of known.values()) findings.inc({ database, check, severity })
    },
  })

  const hear: Report = event => {
    if (event.event === 'service-ready') {
      up.set({ service: event.service }, 1)
      if (event.restarts > 0) restarts.inc({ service: event.service })
    } else if (event.event === 'service-exited') up.set({ service: event.service }, 0)
    else if (event.event === 'database-failover') failovers.inc({ set: event.set, outcome: 'done' })
    else if (event.event === 'database-failover-refused') {
      failovers.inc({ set: event.set, outcome: 'refused' })
    } else if (event.event === 'finding') known.set(placeOf(event), event)
    else if (event.event === 'mended') known.delete(placeOf(event))
  }
  return Object.freeze({ hear, registry })
}
