import { describe, expect, test } from '@jest/globals'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errorCatalogue, keysOf } from '@marquee/contract'
import { projectRoot } from './config-file.ts'
import { marqueeConfig } from './marquee-config.ts'
import { configReference, errorsReference } from './reference.ts'

const page = (name: string): Promise<string> => readFile(join(projectRoot, 'docs', name), 'utf8')

describe('the pages that are made from code', () => {
  test('docs/configuration.md is what the schema says: `npm run marquee docs` writes it', async () => {
    expect(await page('configuration.md')).toBe(configReference())
  })

  test('docs/errors.md is what the catalogue says: `npm run marquee docs` writes it', async () => {
    expect(await page('errors.md')).toBe(errorsReference())
  })

  test('a key is shown with type, default, meaning and environment variable', () => {
    expect(configReference()).toContain(
      '| `platform.port` | integer, 0 to 65535 | `4000` | Port of the gateway; 0 takes a free one. Flag: `--port` | `MARQUEE_PLATFORM_PORT` |',
    )
    expect(configReference()).toMatch(/`gateway\.secret` \| text \|  \| [^|]+ \| `MARQUEE_SECRET`/)
  })

  test('every key of the schema has a meaning', () => {
    const rows = configReference().split('\n')
    const silent = rows.filter(row => /^\| `[\w.]+` \|/.test(row) && row.split(' | ')[3]?.trim() === '')
    expect(silent).toEqual([])
    expect(rows.length).toBeGreaterThan(keysOf(marqueeConfig).length / 2)
  })

  test('every code of the catalogue is there once', () => {
    for (const code of Object.keys(errorCatalogue)) {
      expect(errorsReference().split(`| \`${code}\` |`)).toHaveLength(2)
    }
  })
})
