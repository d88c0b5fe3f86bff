import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from '@jest/globals'
import { askSubgraph } from './ask-subgraph.ts'

// docs/write-a-subgraph.md as a reader follows it: its files are written out, compiled, tested and run.

const packageFolder = fileURLToPath(new URL('..', import.meta.url))
const root = join(packageFolder, '../..')
const page = await readFile(join(root, 'docs/write-a-subgraph.md'), 'utf8')

/** Every code block whose paragraph ends in the path of a file. */
const files = [...page.matchAll(/`(subgraphs\/quotes\/[^`]+)`:\n\n```\w+\n([^]*?)\n```/g)].map(
  ([, path = '', text = '']) => ({ path, text }),
)

// Inside this package, so that the packages of the workspace are found from there.
const folder = await mkdtemp(join(packageFolder, '.page-'))
const children: ChildProcess[] = []
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await rm(folder, { recursive: true, force: true })
})
for (const { path, text } of files) {
  await mkdir(dirname(join(folder, path)), { recursive: true })
  await writeFile(join(folder, path), text)
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

test('the page holds a whole subgraph', () => {
  expect(files.map(({ path }) => path.replace('subgraphs/quotes/', ''))).toEqual([
    'package.json',
    'src/schema.graphql',
    'src/quotes.ts',
    'src/definition.ts',
    'src/main.ts',
    'src/quotes.test.ts',
    'src/model.ts',
    'src/database.ts',
  ])
})

test('its code compiles', async () => {
  const config = { extends: join(root, 'tsconfig.json'), include: [join(folder, 'subgraphs')], exclude: [] }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const tsc = spawn(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder])
  let output = ''
  tsc.stdout.on('data', chunk => (output += String(chunk)))
  const [code] = await once(tsc, 'close')
  // What another package gets wrong is for its own checks.
  expect(output.split('\n').filter(line => line.includes('.page-'))).toEqual([])
  expect([0, 1, 2]).toContain(code)
})

test('its command serves the subgraph', async () => {
  const [command, secret = ''] =
    /^MARQUEE_SECRET=(\S+) .*npx node subgraphs\/quotes\/src\/main\.ts$/m.exec(page) ?? []
  const port = await freePort()
  const runnable = String(command)
    .replace('4004', String(port))
    .replace('npx node', `exec '${process.execPath}'`)
  const child = spawn(runnable, { shell: true, cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  const lines = createInterface({ input: child.stdout })
  await once(lines, 'line')
  const url = `http://127.0.0.1:${port}/graphql`
  const query = '{ quote(id: "none") { id } }'
  expect(await askSubgraph(url, secret, 'quotes', { query })).toEqual({ status: 200, data: { quote: null } })
  const unsigned = await askSubgraph(url, undefined, 'quotes', { query })
  expect(unsigned.errors?.[0]?.extensions.code).toBe('CALLER_NOT_GATEWAY')
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
})

// The page's own test, which registers itself here.
await import(join(folder, 'subgraphs/quotes/src/quotes.test.ts'))
