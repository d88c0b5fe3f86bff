import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, test } from '@jest/globals'
import type { PlatformEvent } from './events.ts'
import { platformMetrics } from './platform-metrics.ts'
import { serveMetrics } from './serve-metrics.ts'

const ready = (service: string, restarts: number): PlatformEvent => ({
  event: 'service-ready',
  service,
  pid: 1,
  url: 'http://127.0.0.1:1',
  restarts,
})
const finding = (object: string, severity: 'warning' | 'critical'): PlatformEvent => ({
  event: 'finding',
  check: 'missing-index',
  severity,
  object,
  evidence: '',
  cost: '',
  isSafe: true,
  database: 'movies',
  server: 'a:5432',
})

test('counts what it hears', async () => {
  const { hear, registry } = platformMetrics()
  const { url, close } = await serveMetrics(registry, { host: '127.0.0.1', port: 0 })
  hear(ready('movies', 0))
  hear(ready('users', 0))
  hear({ event: 'service-exited', service: 'movies', code: null, signal: 'SIGKILL', restartInMs: 1 })
  hear(ready('users', 1))
  hear({ event: 'database-failover-refused', set: 'postgres', writer: 'postgres', reason: 'none is up' })
  hear(finding('review', 'warning'))
  hear(finding('view', 'warning'))
  hear(finding('review', 'critical'))
  hear({ event: 'mended', check: 'missing-index', object: 'view', database: 'movies', server: 'a:5432' })
  const text = await (await fetch(url)).text()
  expect(text.split('\n').filter(line => /^[a-z]/.test(line))).toEqual([
    'marquee_platform_service_up{service="movies"} 0',
    'marquee_platform_service_up{service="users"} 1',
    'marquee_platform_service_restarts_total{service="users"} 1',
    'marquee_platform_database_failovers_total{set="postgres",outcome="refused"} 1',
    'marquee_platform_doctor_findings{database="movies",check="missing-index",severity="critical"} 1',
  ])
  expect((await fetch(new URL('/', url))).status).toBe(404)
  await close()
})

test('a port that is taken is named', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const { registry } = platformMetrics()
  await expect(serveMetrics(registry, { host: '127.0.0.1', port })).rejects.toMatchObject({
    code: 'PORT_IN_USE',
    details: { port },
  })
  other.close()
})
