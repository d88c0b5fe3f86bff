import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { environmentNameOf, keysOf } from '@marquee/contract'
import { marqueeConfig } from '@marquee/platform'
import { expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { root } from './support/run-cli.ts'

type Service = Readonly<{
  build: Readonly<{ dockerfile: string; target?: string; args?: Readonly<Record<string, string>> }>
  environment?: Readonly<Record<string, string>>
  depends_on?: Readonly<Record<string, unknown>>
}>

const { services } = parse(await readFile(join(root, 'docker-compose.yml'), 'utf8'), { merge: true }) as {
  services: Readonly<Record<string, Service>>
}

test('docker-compose.yml sets only variables that marquee.yaml has', () => {
  const known = new Set(keysOf(marqueeConfig).map(({ path, schema }) => environmentNameOf(path, schema)))
  const used = Object.values(services)
    .flatMap(({ environment = {} }) => Object.keys(environment))
    .filter(name => name.startsWith('MARQUEE_') || name === 'REDIS_URL')
  expect(used).not.toEqual([])
  expect(used.filter(name => !known.has(name))).toEqual([])
})

test('each service waits only for services that there are', () => {
  const waits = Object.values(services).flatMap(({ depends_on: others = {} }) => Object.keys(others))
  expect(waits.filter(name => services[name] === undefined)).toEqual([])
})

test.each(Object.entries(services))('the Dockerfile of %s copies what there is', async (_name, { build }) => {
  const text = await readFile(join(root, build.dockerfile), 'utf8')
  if (build.target !== undefined) expect(text).toContain(` AS ${build.target}\n`)
  const sources = [...text.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, list = '']) =>
    list.split(' '),
  )
  for (const source of sources) {
    await access(join(root, source.replaceAll('${SUBGRAPH}', build.args?.['SUBGRAPH'] ?? '')))
  }
})
