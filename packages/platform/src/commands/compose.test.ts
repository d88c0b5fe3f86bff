import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runCli, type Cli } from '../testing/run-cli.ts'
import { temporaryFolder } from '../testing/temporary-folder.ts'
import { tinyGraph, tinySchema, type TinyGraph } from '../testing/tiny-graph.ts'
import { until } from '../testing/until.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let graph: TinyGraph
beforeEach(async () => {
  folder = await temporaryFolder()
  graph = await tinyGraph(folder.path)
})
afterEach(() => folder.remove())

const compose = (...args: readonly string[]): Cli => runCli(['compose', ...args], {}, folder.path)

describe('marquee compose', () => {
  test('prints the supergraph of ./supergraph.yaml', async () => {
    const cli = compose()
    expect(await cli.exit).toBe(0)
    expect(cli.output()).toContain('type Query\n')
    expect(cli.output()).toContain('http://tiny.example')
  })

  test('writes to --out, and --check tells when that is not what the subgraphs compose to', async () => {
    expect(await compose('--check', '--out', 'graph.graphql').exit).toBe(1)
    expect(await compose('--out', 'graph.graphql').exit).toBe(0)
    expect(await compose('--check', '--out', 'graph.graphql').exit).toBe(0)
    await writeFile(graph.schema, 'type Query { pid: Int more: Int }')
    const cli = compose('--check', '--out', 'graph.graphql')
    expect(await cli.exit).toBe(1)
    expect(cli.output()).toContain('graph.graphql is not what the subgraphs compose to')
    expect(await readdir(folder.path)).not.toContainEqual(expect.stringContaining('.tmp'))
  })

  test('says place, subgraph, reason and mend of what does not compose, and writes nothing', async () => {
    await writeFile(graph.schema, 'type Query {\n  pid: Nothing\n}')
    const cli = compose('--out', 'graph.graphql')
    expect(await cli.exit).toBe(1)
    expect(cli.output()).toBe(`subgraphs/tiny/schema.graphql:2:8 [tiny] INVALID_GRAPHQL
    Unknown type Nothing
    Mend: Mend the schema at this place: a name is misspelt, missing or defined twice, or its @link import is missing.
marquee: The subgraphs do not compose: 1 error(s). (COMPOSITION_FAILED)
  Mend: Mend the places named above.
`)
    expect(await readdir(folder.path)).not.toContain('graph.graphql')
  })

  test('with --watch composes again on each change; the last good supergraph stays', async () => {
    const out = join(folder.path, 'graph.graphql')
    const cli = compose('--watch', '--out', 'graph.graphql')
    await until(() => cli.output().includes('Watching'))
    const has = async (text: string): Promise<boolean> => (await readFile(out, 'utf8')).includes(text)
    await writeFile(graph.schema, 'type Query { pid: Int more: Int }')
    await until(() => has('more: Int'))
    await writeFile(graph.schema, 'type Query { broken')
    await until(() => cli.output().includes('COMPOSITION_FAILED'))
    expect(await has('more: Int')).toBe(true)
    await writeFile(graph.schema, tinySchema)
    await until(async () => !(await has('more: Int')))
    cli.child.kill('SIGINT')
    expect(await cli.exit).toBe(0)
  })
})
