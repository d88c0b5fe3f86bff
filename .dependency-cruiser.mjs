// The layers of docs/architecture.md. `npm run check` fails when an import crosses one.
// Further doors are for who must not load what is behind the first one: the supervisor, the ORM.
const inside = folder => `^${folder}/src/(?!(index|embedded|doctor|config|backup|resharding|testing)\\.ts$)`

// What a benchmark measures by itself it must import: the gateway's client, the loaders and entities of the movies.
const benchesOfParts = ['^bench/support/floor\\.ts$', '^bench/data(/|\\.ts$)']

/** Nobody outside a package imports anything behind its index.ts. */
const onlyThroughTheDoor = folder => ({
  name: `door-of-${folder.replace('/', '-')}`,
  severity: 'error',
  from: {
    path: '^(gateway|subgraphs|packages|tests|bench|drills|examples)/',
    pathNot: [`^${folder}/`, ...benchesOfParts],
  },
  to: { path: inside(folder) },
})

const mayNotImport = (name, from, to, comment) => ({
  name,
  severity: 'error',
  comment,
  from: { path: from },
  to: { path: to },
})

const ours = '^(gateway|subgraphs|packages)/'
const sqlLibraries = 'node_modules/(@mikro-orm|kysely|pg|knex)(/|$)'
const graphqlLibraries = 'node_modules/(graphql|@apollo)(/|$)'

export default {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'contract-imports-nothing-of-ours',
      severity: 'error',
      from: { path: '^packages/contract/' },
      to: { path: ours, pathNot: '^packages/contract/' },
    },
    mayNotImport(
      'contract-does-no-io',
      '^packages/contract/src/(?!.*\\.test\\.ts$)',
      '^(node:)?(fs|net|http|https|child_process|dns|tls|dgram|worker_threads)(/|$)',
      'contract is shapes and rules',
    ),
    mayNotImport('data-knows-no-graphql', '^packages/data/', graphqlLibraries),
    mayNotImport('subgraph-kit-knows-no-sql', '^packages/subgraph/', sqlLibraries),
    {
      name: 'data-and-kit-import-contract-only',
      severity: 'error',
      from: { path: '^packages/(data|subgraph)/' },
      to: { path: ours, pathNot: '^packages/(contract/|$1/)' },
    },
    {
      name: 'gateway-imports-contract-only',
      severity: 'error',
      from: { path: '^gateway/' },
      to: { path: ours, pathNot: '^(gateway|packages/contract)/' },
    },
    {
      name: 'subgraphs-stay-apart',
      severity: 'error',
      from: { path: '^subgraphs/([^/]+)/' },
      to: { path: ours, pathNot: '^(subgraphs/$1|packages/contract|packages/subgraph|packages/data)/' },
    },
    mayNotImport(
      'nobody-imports-platform',
      '^(gateway|subgraphs|packages/(contract|data|subgraph))/',
      '^packages/platform/',
    ),
    ...[
      'gateway',
      'subgraphs/auth',
      'subgraphs/users',
      'subgraphs/movies',
      'packages/contract',
      'packages/data',
      'packages/subgraph',
      'packages/platform',
    ].map(onlyThroughTheDoor),
    {
      name: 'over-the-network-only',
      severity: 'error',
      from: { path: '^(console|examples|bench|drills)/', pathNot: benchesOfParts },
      // The load that drills and tests share examines nothing.
      to: { path: ours, pathNot: '^packages/data/src/testing\\.ts$' },
    },
  ],
  options: {
    parser: 'swc',
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(coverage|\\.marquee)/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
    },
  },
}
