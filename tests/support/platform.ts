import { runCli, temporaryFolder, type Cli } from './run-cli.ts'

export type Service = Readonly<{ name: string; pid: number; url: string }>

export type Answer = Readonly<{
  status: number
  headers: Headers
  // oxlint-disable-next-line typescript/no-explicit-any -- each test knows the shape that it asked for
  data: any
  errors: readonly Readonly<{
    message: string
    path?: readonly (string | number)[]
    extensions: Readonly<Record<string, unknown>>
  }>[]
}>

export type Platform = Readonly<{
  cli: Cli
  url: string
  folder: string
  services: readonly Service[]
  demo: Readonly<{ email: string; password: string }>
  ask: (query: string, variables?: Readonly<Record<string, unknown>>, token?: string) => Promise<Answer>
  /** Ctrl-C; resolves to the exit code. */
  stop: () => Promise<number | null>
}>

/** Asks one GraphQL endpoint as a client would. */
export const ask = async (
  url: string,
  query: string,
  variables: Readonly<Record<string, unknown>> = {},
  token?: string,
): Promise<Answer> => {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query, variables }),
  })
  const body = (await response.json()) as Pick<Answer, 'data' | 'errors'>
  return { status: response.status, headers: response.headers, data: body.data, errors: body.errors ?? [] }
}

/** Starts the whole platform on free ports, in `folder` or in one of its own that goes when the platform stops. */
export const startPlatform = async (
  options: Readonly<{ folder?: string; args?: readonly string[]; env?: NodeJS.ProcessEnv }> = {},
): Promise<Platform> => {
  const own = options.folder === undefined ? await temporaryFolder() : undefined
  const folder = options.folder ?? own?.path ?? ''
  const cli = runCli(['up', '--json', '--port', '0', '--data', folder, ...(options.args ?? [])], options.env)
  const ready = (await cli.waitFor('ready')) as unknown as Pick<Platform, 'url' | 'services' | 'demo'>
  const stop = async (): Promise<number | null> => {
    cli.child.kill('SIGINT')
    const code = await cli.exit
    await own?.remove()
    return code
  }
  return {
    cli,
    folder,
    url: ready.url,
    services: ready.services,
    demo: ready.demo,
    ask: (query, variables, token) => ask(ready.url, query, variables, token),
    stop,
  }
}
