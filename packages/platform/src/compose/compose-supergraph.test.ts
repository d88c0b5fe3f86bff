import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectRoot } from '../config/config-file.ts'
import { composeSupergraph, type Composition } from './compose-supergraph.ts'
import type { Diagnostic } from './diagnostic.ts'
import { readSupergraphFile } from './supergraph-file.ts'

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@external", "@requires", "@shareable", "@override"])\n`

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'marquee-compose-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const composeYaml = async (yaml: string, env: Record<string, string> = {}): Promise<Composition> => {
  const file = join(folder, 'supergraph.yaml')
  await writeFile(file, yaml)
  return composeSupergraph(await readSupergraphFile(file, env))
}

/** Composes schemas by name. Line 1 of each is the @link. */
const compose = async (schemas: Readonly<Record<string, string>>): Promise<Composition> => {
  const entries = Object.entries(schemas).map(
    ([name]) =>
      `  ${name}:\n    routing_url: http://localhost/${name}\n    schema:\n      file: ./${name}.graphql\n`,
  )
  await Promise.all(
    Object.entries(schemas).map(([name, schema]) =>
      writeFile(join(folder, `${name}.graphql`), link + schema),
    ),
  )
  return composeYaml(`federation_version: =2.9.0\nsubgraphs:\n${entries.join('')}`)
}

const brief = ({ code, subgraph, file, line, column }: Diagnostic): string =>
  `${code} [${subgraph ?? ''}] ${file?.replace(`${folder}/`, '') ?? ''}:${line ?? ''}:${column ?? ''}`

const errorsOf = async (schemas: Readonly<Record<string, string>>): Promise<readonly string[]> => {
  const { errors } = await compose(schemas)
  for (const error of errors) expect(error.mend).not.toBe('')
  return errors.map(brief)
}

describe('composing', () => {
  test('gives the supergraph of schemas that fit', async () => {
    const { supergraph, errors } = await compose({
      films: 'type Query { film: Film }\ntype Film @key(fields: "id") { id: ID! title: String }',
      reviews: 'type Film @key(fields: "id") { id: ID! stars: Int }',
    })
    expect(errors).toEqual([])
    expect(supergraph).toContain('FILMS @join__graph(name: "films", url: "http://localhost/films")')
    expect(supergraph).toMatch(/type Film\n[^}]*stars: Int/)
  })

  test('composes the subgraphs of this project', async () => {
    const file = await readSupergraphFile(join(projectRoot, 'supergraph.yaml'), {})
    const { errors, supergraph } = composeSupergraph(file)
    expect(errors).toEqual([])
    expect(file.names).toEqual(['auth', 'users', 'movies'])
    expect(supergraph).toContain('type Movie')
  })
})

describe('a composition error names subgraph, file, line and column', () => {
  const film = 'type Film @key(fields: "id") { id: ID! title: String }'

  test.each<[string, Record<string, string>, string[]]>([
    [
      'a key of an unknown field',
      { a: 'type Query { t: T }\ntype T @key(fields: "idd") { id: ID! }' },
      ['KEY_INVALID_FIELDS [a] a.graphql:3:8'],
    ],
    [
      'a field owned twice',
      { a: `type Query { f: Film }\n${film}`, b: film },
      ['INVALID_FIELD_SHARING [a] a.graphql:3:40'],
    ],
    [
      'types that differ',
      {
        a: `type Query { f: Film }\ntype Film { n: Int @shareable }`,
        b: 'type Film {\n  n: String @shareable\n}',
      },
      ['FIELD_TYPE_MISMATCH [a] a.graphql:3:13'],
    ],
    ['an unknown type', { a: 'type Query {\n  f: Nothing\n}' }, ['INVALID_GRAPHQL [a] a.graphql:3:6']],
    ['an unknown directive', { a: 'type Query { f: Int @nothing }' }, ['INVALID_GRAPHQL [a] a.graphql:2:21']],
    [
      'an external field that nobody has',
      {
        a: 'type Query { f: Film }\ntype Film @key(fields: "id") { id: ID! }',
        b: 'type Film @key(fields: "id") { id: ID! x: Int @external y: Int @requires(fields: "x") }',
      },
      ['EXTERNAL_MISSING_ON_BASE [b] b.graphql:2:40'],
    ],
    // These have no place in the library's error: it is found from their words.
    [
      'a field that cannot be reached',
      {
        a: 'type Query { f: Film }\ntype Film { id: ID! @shareable }',
        b: 'type Query { c: Int }\ntype Film {\n  id: ID! @shareable\n  n: Int\n}',
      },
      ['SATISFIABILITY_ERROR [b] b.graphql:5:3'],
    ],
    [
      'a field defined twice',
      { a: 'type Query {\n  f: Int\n  f: Int\n}' },
      ['INVALID_GRAPHQL [a] a.graphql:2:1'],
    ],
    ['no query at all', { a: 'type T { id: ID! }' }, ['NO_QUERIES [] supergraph.yaml::']],
    ['a syntax error', { a: 'type Query {\n  f Int\n}' }, ['INVALID_GRAPHQL [a] a.graphql:3:5']],
  ])('%s', async (_what, schemas, expected) => {
    expect(await errorsOf(schemas)).toEqual(expected)
  })

  test('syntax errors of several subgraphs come together', async () => {
    expect(await errorsOf({ a: 'type {', b: 'type Query { f: }' })).toHaveLength(2)
  })
})

describe('what is wrong with supergraph.yaml has its place too', () => {
  const entry = (name: string): string =>
    `  ${name}:\n    routing_url: http://localhost/${name}\n    schema:\n      file: ./${name}.graphql\n`

  test.each<[string, string, string[]]>([
    ['a name twice', `subgraphs:\n${entry('a')}${entry('a')}`, ['DUPLICATE_NAME [] supergraph.yaml:6:3']],
    ['bad YAML', 'subgraphs: [', ['YAML_INVALID [] supergraph.yaml:1:13']],
    ['no subgraphs', 'federation_version: 2', ['SUPERGRAPH_FILE_INVALID [] supergraph.yaml:1:1']],
    ['an empty file', '', ['SUPERGRAPH_FILE_INVALID [] supergraph.yaml::']],
    [
      'a missing schema',
      `subgraphs:\n${entry('missing')}`,
      ['SCHEMA_FILE_UNREADABLE [missing] supergraph.yaml:5:13'],
    ],
    [
      'no routing_url',
      'subgraphs:\n  a:\n    schema: { file: ./a.graphql }\n',
      ['SUPERGRAPH_FILE_INVALID [a] supergraph.yaml:3:5'],
    ],
    [
      'a schema to be fetched',
      'subgraphs:\n  a:\n    routing_url: http://localhost\n    schema:\n      file: ./a.graphql\n      subgraph_url: http://localhost\n',
      ['SUPERGRAPH_FILE_INVALID [a] supergraph.yaml:6:7'],
    ],
    [
      'federation 1',
      `federation_version: 1\nsubgraphs:\n${entry('ok')}`,
      ['FEDERATION_VERSION_UNSUPPORTED [] supergraph.yaml:1:21'],
    ],
    [
      'a newer federation',
      `federation_version: =2.99.0\nsubgraphs:\n${entry('ok')}`,
      ['FEDERATION_VERSION_UNSUPPORTED [] supergraph.yaml:1:21'],
    ],
  ])('%s', async (_what, yaml, expected) => {
    await writeFile(join(folder, 'ok.graphql'), 'type Query { f: Int }')
    const { errors, supergraph } = await composeYaml(yaml)
    expect(errors.map(brief)).toEqual(expected)
    expect(supergraph).toBeUndefined()
  })

  test('says that schemas are read from files alone', async () => {
    const { errors } = await composeYaml(
      'subgraphs:\n  a:\n    routing_url: http://localhost\n    schema:\n      subgraph_url: http://localhost\n',
    )
    expect(errors.map(({ mend }) => mend)).toContainEqual(expect.stringContaining('save the SDL'))
  })

  test('`${env.NAME}` is replaced', async () => {
    await writeFile(join(folder, 'ok.graphql'), 'type Query { f: Int }')
    const yaml =
      'subgraphs:\n  ok:\n    routing_url: http://${env.HOST}/\n    schema: { file: ./ok.graphql }\n'
    const { supergraph } = await composeYaml(yaml, { HOST: 'films.example' })
    expect(supergraph).toContain('url: "http://films.example/"')
  })

  test('a file that is not there', async () => {
    const { errors } = composeSupergraph(await readSupergraphFile(join(folder, 'no.yaml'), {}))
    expect(errors.map(brief)).toEqual(['SUPERGRAPH_FILE_UNREADABLE [] no.yaml::'])
  })
})
