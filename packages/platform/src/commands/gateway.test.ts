import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runCli } from '../testing/run-cli.ts'
import { temporaryFolder } from '../testing/temporary-folder.ts'
import { tinyGraph } from '../testing/tiny-graph.ts'
import { until } from '../testing/until.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
beforeAll(async () => {
  folder = await temporaryFolder()
  await tinyGraph(folder.path)
})
afterAll(() => folder.remove())

describe('marquee gateway', () => {
  test('serves a supergraph that was composed anywhere, with nothing else there', async () => {
    expect(await runCli(['compose', '--out', 'graph.graphql'], {}, folder.path).exit).toBe(0)
    const cli = runCli(['gateway', '--supergraph', 'graph.graphql', '--port', '0'], {}, folder.path)
    await until(() => cli.output().includes('Serving'))
    const url = /at (http:\S+);/.exec(cli.output())?.[1] ?? ''
    const response = await fetch(`${url}?query={__typename}`, {
      headers: { 'apollo-require-preflight': 'true' },
    })
    expect(await response.json()).toEqual({ data: { __typename: 'Query' } })
    cli.child.kill('SIGTERM')
    expect(await cli.exit).toBe(0)
  })

  test.each([
    ['a file that is not there', 'none.graphql', /there is no file .*none\.graphql \(SUPERGRAPH_INVALID\)/],
    [
      'a file that is no supergraph',
      'broken.graphql',
      /The supergraph cannot be loaded.*\(SUPERGRAPH_INVALID\)/,
    ],
  ])('says what is wrong with %s', async (_what, file, words) => {
    await writeFile(join(folder.path, 'broken.graphql'), 'type {')
    const cli = runCli(['gateway', '--supergraph', file, '--port', '0'], {}, folder.path)
    expect(await cli.exit).toBe(1)
    expect(cli.output()).toMatch(words)
  })
})
