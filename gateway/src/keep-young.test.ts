import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from '@jest/globals'

const file = fileURLToPath(new URL('keep-young.ts', import.meta.url))

test('the setting is one that this V8 has', async () => {
  const script = `import(${JSON.stringify(file)}).then(({ keepAllocationsYoung }) => keepAllocationsYoung())`
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--no-warnings', '-e', script])
  // V8 only prints that it does not know a flag.
  expect(stdout + stderr).toBe('')
})
