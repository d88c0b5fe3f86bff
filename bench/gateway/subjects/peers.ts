import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Subject } from './subject.ts'

const stockScript = fileURLToPath(new URL('stock-gateway.ts', import.meta.url))
const mercuriusScript = fileURLToPath(new URL('mercurius-gateway.ts', import.meta.url))
const peer = (path: string): string =>
  fileURLToPath(new URL(`../../peers/node_modules/${path}`, import.meta.url))
const quiet = { APOLLO_TELEMETRY_DISABLED: 'true', LOG_LEVEL: 'error' }

const stock: Subject = {
  id: 'stock',
  name: 'Apollo Gateway and Server',
  package: '../../../node_modules/@apollo/gateway/package.json',
  path: '/',
  core: 'measured',
  start: ({ port, subgraphs }) =>
    Promise.resolve({
      command: process.execPath,
      args: ['--no-warnings', stockScript, subgraphs.supergraph, String(port)],
      env: quiet,
    }),
}

const hive = (id: string, name: string, flags: readonly string[]): Subject => ({
  id,
  name,
  package: '../../peers/node_modules/@graphql-hive/gateway/package.json',
  path: '/graphql',
  core: 'measured',
  start: ({ port, folder, subgraphs }) =>
    Promise.resolve({
      command: process.execPath,
      args: [
        peer('@graphql-hive/gateway/dist/bin.js'),
        'supergraph',
        subgraphs.supergraph,
        '--host',
        '127.0.0.1',
        '--port',
        String(port),
        ...flags,
      ],
      env: quiet,
      cwd: folder,
    }),
})

const mercurius: Subject = {
  id: 'mercurius',
  name: 'Mercurius',
  package: '../../peers/node_modules/@mercuriusjs/gateway/package.json',
  path: '/graphql',
  core: 'measured',
  start: ({ port, subgraphs }) =>
    Promise.resolve({
      command: process.execPath,
      args: [
        '--no-warnings',
        mercuriusScript,
        ...Object.entries(subgraphs.urls).map(([name, url]) => `${name}=${url}`),
        String(port),
      ],
    }),
}

const grafbase: Subject = {
  id: 'grafbase',
  name: 'Grafbase',
  package: '../../peers/node_modules/@grafbase/cli-x86_64-unknown-linux-musl/package.json',
  path: '/graphql',
  core: 'measured',
  start: async ({ port, folder, subgraphs }) => {
    const lines = Object.entries(subgraphs.urls).map(
      ([name, url]) =>
        `[subgraphs.${name}]\nurl = "${url}"\nschema_path = "${join(subgraphs.folder, `${name}.graphql`)}"\n`,
    )
    const config = join(folder, 'grafbase.toml')
    await writeFile(config, lines.join('\n'))
    return {
      command: peer('@grafbase/cli-x86_64-unknown-linux-musl/grafbase'),
      args: ['--home', folder, 'dev', '--config', config, '--listen-address', `127.0.0.1:${port}`],
      cwd: folder,
    }
  },
}

/** What Marquee is measured against. All but `stock` come from bench/peers. */
export const peers: readonly Subject[] = Object.freeze([
  stock,
  hive('hive', 'Hive Gateway, JIT', ['--jit']),
  hive('hive-rr', 'Hive Gateway, router-runtime', ['--hive-router-runtime']),
  mercurius,
  grafbase,
])
