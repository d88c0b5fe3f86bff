import { expect, test } from '@jest/globals'
import { readConfigFile } from './index.ts'

const files: Readonly<Record<string, string>> = {
  'marquee.yaml': 'gateway: { port: 1 }',
  'other.yaml': 'gateway: {}',
}
const read = (path: string): Promise<string> => {
  const text = files[path]
  if (text !== undefined) return Promise.resolve(text)
  return Promise.reject(Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' }))
}

test('the standard file is read, and may be absent', async () => {
  expect(await readConfigFile({}, read)).toEqual({
    file: 'marquee.yaml',
    exists: true,
    data: { gateway: { port: 1 } },
  })
  expect(await readConfigFile({}, read, 'none.yaml')).toEqual({ file: 'none.yaml', exists: false, data: {} })
})

test('a named file goes before it, and must be there', async () => {
  expect(await readConfigFile({ MARQUEE_CONFIG: 'other.yaml' }, read)).toMatchObject({
    file: 'other.yaml',
    exists: true,
  })
  await expect(readConfigFile({ MARQUEE_CONFIG: 'typo.yaml' }, read)).rejects.toMatchObject({
    code: 'CONFIG_UNREADABLE',
    message: 'typo.yaml cannot be read: there is no such file',
  })
})

test('the empty name means no file', async () => {
  expect(await readConfigFile({ MARQUEE_CONFIG: '' }, read)).toMatchObject({ exists: false, data: {} })
})
