import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runCli } from '../testing/run-cli.ts'
import { temporaryFolder } from '../testing/temporary-folder.ts'
import { tinyGraph } from '../testing/tiny-graph.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
beforeAll(async () => {
  folder = await temporaryFolder()
  await tinyGraph(folder.path)
  await writeFile(join(folder.path, 'query.graphql'), 'query A { __typename } query B { pid }')
  await writeFile(join(folder.path, 'wrong.graphql'), '{ nonsense }')
})
afterAll(() => folder.remove())

const plan = async (...args: string[]) => {
  const cli = runCli(['plan', ...args], {}, folder.path)
  return { code: await cli.exit, output: cli.output() }
}

describe('marquee plan', () => {
  test('shows what would be asked of whom, on the supergraph that is composed here', async () => {
    expect(await plan('query.graphql', '--operation', 'A')).toEqual({
      code: 0,
      output: 'No subgraph is asked.\n',
    })
  })

  test('shows each request, what is in it and when it is sent', async () => {
    const { code, output } = await plan('query.graphql', '--operation', 'B')
    expect(code).toBe(0)
    expect(output).toBe('1. tiny, at once\n  into the root\n    {\n      pid\n    }\n')
  })

  test.each([
    ['an operation that does not fit', ['wrong.graphql'], /nonsense.*GRAPHQL_VALIDATION_FAILED/s],
    ['no choice among operations', ['query.graphql'], /OPERATION_RESOLUTION_FAILURE/],
    ['a file that is not there', ['none.graphql'], /cannot read none\.graphql.*USAGE_INVALID/s],
    ['variables that are none', ['query.graphql', '--variables', '[1]'], /takes a JSON object/],
  ])('says what is wrong with %s', async (_what, args, words) => {
    const { code, output } = await plan(...args)
    expect(code).toBe(1)
    expect(output).toMatch(words)
  })
})
