import { generateKeyPairSync, sign } from 'node:crypto'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startPlatform, type Platform } from './support/platform.ts'

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A token that somebody else signed: right in every claim, wrong in its key. */
const forgedToken = (claims: Readonly<Record<string, unknown>> = {}): string => {
  const { privateKey } = generateKeyPairSync('ed25519')
  const seconds = Math.floor(Date.now() / 1000)
  const payload = {
    iss: 'marquee',
    aud: 'marquee',
    sub: 'User_AAAAAAAAAAAAAAAAAAAAAA',
    scope: 'admin',
    tier: 'internal',
    iat: seconds,
    exp: seconds + 900,
    ...claims,
  }
  const head = `${base64url({ alg: 'EdDSA', kid: 'mine' })}.${base64url(payload)}`
  return `${head}.${sign(null, Buffer.from(head), privateKey).toString('base64url')}`
}

describe('garbage in: a coded error out, and one line in the log', () => {
  let platform: Platform
  let startedAt = ''
  beforeAll(async () => {
    platform = await startPlatform({
      args: ['--no-import'],
      env: { MARQUEE_AUTH_ACCESS_TOKEN_SECONDS: '1', MARQUEE_GATEWAY_IDENTITY_CLOCK_TOLERANCE_SECONDS: '0' },
    })
    startedAt = new Date().toISOString()
  }, 60_000)
  afterAll(() => platform.stop())

  /** All log lines of all services, so far. */
  const logLines = async (): Promise<string[]> => {
    const folder = join(platform.folder, 'logs')
    const files = (await readdir(folder)).filter(
      file => file.endsWith('.log') && !file.startsWith('postgres'),
    )
    const texts = await Promise.all(files.map(file => readFile(join(folder, file), 'utf8')))
    return texts.join('').split('\n').filter(Boolean)
  }

  /** The lines of one request, once there is one; a second one gets time to come. */
  const linesOf = async (requestId: string): Promise<string[]> => {
    const lines = async () => (await logLines()).filter(line => line.includes(requestId))
    for (const until = Date.now() + 5_000; Date.now() < until && (await lines()).length === 0;)
      await sleep(20)
    await sleep(50)
    return lines()
  }

  const post = (body: string, headers: Readonly<Record<string, string>> = {}, url = platform.url) =>
    fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body })
  const query = (text: string, variables = {}) => JSON.stringify({ query: text, variables })

  const cases: readonly [string, number, string, () => Promise<Response>][] = [
    ['malformed JSON', 400, 'MALFORMED_JSON', () => post('{"query": ')],
    ['JSON that is no request', 400, 'BAD_REQUEST', () => post('[]')],
    [
      'a wrong content type',
      415,
      'UNSUPPORTED_MEDIA_TYPE',
      () => post('<q/>', { 'content-type': 'application/xml' }),
    ],
    [
      'a form, as a web page could send it',
      400,
      'CSRF_PREVENTED',
      () => post('query={__typename}', { 'content-type': 'application/x-www-form-urlencoded' }),
    ],
    [
      'a body over the limit',
      413,
      'REQUEST_TOO_LARGE',
      () => post(query(`{ __typename #${'x'.repeat(2_000_000)}\n }`)),
    ],
    [
      'a syntax error',
      400,
      'GRAPHQL_PARSE_FAILED',
      () => post(query('{ movies( }'), { accept: 'application/graphql-response+json' }),
    ],
    [
      'an unknown field',
      400,
      'GRAPHQL_VALIDATION_FAILED',
      () => post(query('{ moovies { id } }'), { accept: 'application/graphql-response+json' }),
    ],
    [
      'a variable of the wrong type',
      400,
      'BAD_USER_INPUT',
      () =>
        post(query('query ($id: ID!) { movie(id: $id) { id } }', { id: { no: 1 } }), {
          accept: 'application/graphql-response+json',
        }),
    ],
    [
      'a missing variable',
      400,
      'BAD_USER_INPUT',
      () =>
        post(query('query ($id: ID!) { movie(id: $id) { id } }'), {
          accept: 'application/graphql-response+json',
        }),
    ],
    [
      'a mutation by GET',
      405,
      'METHOD_NOT_ALLOWED',
      () =>
        fetch(`${platform.url}?query=${encodeURIComponent('mutation { signOut }')}`, {
          headers: { 'apollo-require-preflight': '1' },
        }),
    ],
    [
      'a token that is no token',
      401,
      'TOKEN_INVALID',
      () => post(query('{ __typename }'), { authorization: 'Bearer nonsense' }),
    ],
    [
      'another scheme',
      401,
      'TOKEN_INVALID',
      () => post(query('{ __typename }'), { authorization: 'Basic YTpi' }),
    ],
    [
      'a forged token',
      401,
      'TOKEN_INVALID',
      () => post(query('{ __typename }'), { authorization: `Bearer ${forgedToken()}` }),
    ],
    [
      'a token with no algorithm',
      401,
      'TOKEN_INVALID',
      () =>
        post(query('{ __typename }'), {
          authorization: `Bearer ${base64url({ alg: 'none' })}.${base64url({ sub: 'x' })}.`,
        }),
    ],
    [
      'an id of another type',
      200,
      'INVALID_ID',
      () => post(query('{ movie(id: "User_AAAAAAAAAAAAAAAAAAAAAA") { title } }')),
    ],
    [
      'a page that is too long',
      200,
      'PAGE_SIZE_OUT_OF_RANGE',
      () => post(query('{ movies(first: 100000) { nodes { id } } }')),
    ],
    [
      'a cursor of our own making',
      200,
      'INVALID_CURSOR',
      () => post(query('{ movies(after: "bm9uc2Vuc2U") { nodes { id } } }')),
    ],
    [
      'a mutation that needs a viewer',
      200,
      'UNAUTHENTICATED',
      () => post(query('mutation { follow(userId: "User_AAAAAAAAAAAAAAAAAAAAAA") { id } }')),
    ],
  ]

  test.each(cases)('%s: HTTP %i, %s', async (_case, status, code, send) => {
    const response = await send()
    const body = (await response.json()) as {
      errors: { message: string; extensions: Record<string, unknown> }[]
    }
    expect(body.errors).toMatchObject([{ message: expect.stringMatching(/\S/), extensions: { code } }])
    expect(JSON.stringify(body)).not.toMatch(/node_modules|\.ts:\d|\bat \w+ \(/)
    expect(response.status).toBe(status)
    expect(await linesOf(response.headers.get('x-request-id') ?? 'no id')).toHaveLength(1)
  })

  test('nothing else is in the logs, and nothing that would wake an operator', async () => {
    const lines = (await logLines())
      .map(line => JSON.parse(line) as { level: number; msg: string; time: string })
      .filter(({ time }) => time > startedAt)
    expect(lines.filter(({ msg }) => msg === 'request failed')).toHaveLength(cases.length)
    expect(lines.filter(({ level }) => level >= 40)).toEqual([])
  })

  test('a token that was good until just now', async () => {
    const signedUp = await platform.ask('mutation ($i: SignUpInput!) { signUp(input: $i) { accessToken } }', {
      i: { email: 'brief@garbage.example', password: 'a long enough password', name: 'Brief' },
    })
    expect(signedUp.errors).toEqual([])
    await sleep(2_100)
    const late = await platform.ask('{ viewer { id } }', {}, signedUp.data.signUp.accessToken)
    expect([late.status, late.errors[0]?.extensions['code']]).toEqual([401, 'TOKEN_EXPIRED'])
  })

  test('a subgraph asked directly refuses, its SDL included', async () => {
    for (const { name, url } of platform.services.filter(service =>
      ['auth', 'users', 'movies'].includes(service.name),
    )) {
      for (const text of ['{ __typename }', '{ _service { sdl } }', '{ __schema { types { name } } }']) {
        const response = await post(query(text), {}, url)
        expect([name, response.status]).toEqual([name, 401])
        expect(await response.json()).toMatchObject({
          errors: [{ extensions: { code: 'CALLER_NOT_GATEWAY' } }],
        })
      }
    }
  })
})
