import { describe, expect, test } from '@jest/globals'
import { z } from 'zod'
import { environmentNameOf, keysOf, parseConfigText, readSection } from './index.ts'

const schema = z.strictObject({
  host: z.string().default('127.0.0.1'),
  maxBodyBytes: z.int().positive().default(1000),
  secret: z.string().optional().meta({ env: 'MARQUEE_SECRET' }),
  cors: z.strictObject({ origins: z.array(z.string()).default([]) }).prefault({}),
  subgraphs: z.record(z.string(), z.strictObject({ url: z.string() })).default({}),
})
const read = (text: string, env = {}) =>
  readSection('gateway', schema, { data: parseConfigText(text, 'm.yaml'), env, file: 'm.yaml' })

describe('a section of marquee.yaml', () => {
  test('has its defaults, deep frozen', () => {
    const config = read('')
    expect(config).toEqual({ host: '127.0.0.1', maxBodyBytes: 1000, cors: { origins: [] }, subgraphs: {} })
    expect(Object.isFrozen(config.cors.origins)).toBe(true)
  })

  test('takes the file, and the environment over it', () => {
    const config = read('gateway: { maxBodyBytes: 5, host: a }', {
      MARQUEE_GATEWAY_MAX_BODY_BYTES: '7',
      MARQUEE_SECRET: '12345',
      MARQUEE_GATEWAY_CORS_ORIGINS: '[https://a.example]',
      MARQUEE_GATEWAY_SUBGRAPHS: '{"movies":{"url":"http://m"}}',
    })
    expect(config).toEqual({
      host: 'a',
      maxBodyBytes: 7,
      secret: '12345',
      cors: { origins: ['https://a.example'] },
      subgraphs: { movies: { url: 'http://m' } },
    })
  })

  test('has other defaults in production, beneath what is set', () => {
    const shy = z.strictObject({
      show: z.strictObject({ schema: z.boolean().default(true).meta({ inProduction: false }) }).prefault({}),
    })
    const shown = (gateway: object, env: Record<string, string>): boolean =>
      readSection('gateway', shy, { data: { gateway }, env }).show.schema
    expect(shown({}, {})).toBe(true)
    expect(shown({}, { NODE_ENV: 'production' })).toBe(false)
    expect(shown({ show: { schema: true } }, { NODE_ENV: 'production' })).toBe(true)
    expect(shown({}, { NODE_ENV: 'production', MARQUEE_GATEWAY_SHOW_SCHEMA: 'true' })).toBe(true)
  })

  test.each([
    ['an unknown key', 'gateway: { maxBodyBites: 5 }', 'maxBodyBites'],
    ['a wrong type', 'gateway: { maxBodyBytes: many }', 'gateway.maxBodyBytes'],
    ['a section that is no object', 'gateway: 7', 'gateway'],
  ])('names the key of %s', (_case, text, key) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(key) }),
    )
  })

  test('says where YAML ends being YAML', () => {
    expect(() => read('gateway: {')).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringMatching(/^m\.yaml: .*line 1/),
      }),
    )
  })

  test('a bad value in the environment is named too', () => {
    expect(() => read('', { MARQUEE_GATEWAY_MAX_BODY_BYTES: 'lots' })).toThrow('gateway.maxBodyBytes')
  })
})

test('every key is listed with its environment variable', () => {
  const names = keysOf(schema, ['gateway']).map(key => environmentNameOf(key.path, key.schema))
  expect(names).toContain('MARQUEE_GATEWAY_MAX_BODY_BYTES')
  expect(names).toContain('MARQUEE_GATEWAY_CORS_ORIGINS')
  expect(names).toContain('MARQUEE_SECRET')
})
