import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { ServiceMessage } from '@marquee/contract'
import {
  openShardedDatabase,
  sqlRows,
  startTestPostgres,
  type DataConfig,
  type TestPostgres,
} from '@marquee/data'
import { authModel } from './auth-model.ts'
import { authClient, codeOf, dataOf, identityOf, password, secret } from './testing/serve-auth.ts'

let postgres: TestPostgres
let data: DataConfig
let child: ChildProcess
let log = ''
let url = ''
beforeAll(async () => {
  postgres = await startTestPostgres()
  data = await postgres.configFor('auth')
  child = fork(new URL('main.ts', import.meta.url), {
    execArgv: ['--no-warnings'],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {
      PATH: process.env['PATH'],
      MARQUEE_CONFIG: '',
      MARQUEE_SECRET: secret,
      MARQUEE_DATA_DATABASES: JSON.stringify(data.databases),
      MARQUEE_DATA_DOMAINS: JSON.stringify(data.domains),
      MARQUEE_SUBGRAPH_LOG_LEVEL: 'trace',
    },
  })
  child.stdout?.on('data', chunk => void (log += String(chunk)))
  child.stderr?.on('data', chunk => void (log += String(chunk)))
  const [message] = (await once(child, 'message')) as [ServiceMessage]
  if (message.event !== 'ready') throw new Error(`${JSON.stringify(message)}\n${log}`)
  url = message.url
}, 60_000)
afterAll(async () => {
  child?.kill('SIGKILL')
  await postgres?.stop()
})

test('the process migrates, serves, logs nothing secret at the finest level, and ends', async () => {
  const auth = authClient(url)
  const email = 'lambert@nostromo.example'
  const wrong = 'a wrong password of hers'
  const first = dataOf(await auth.signUp(email)).signUp
  const second = dataOf(await auth.refresh(first.refreshToken)).refresh
  expect(codeOf(await auth.refresh(first.refreshToken))).toBe('REFRESH_TOKEN_REUSED')
  expect(codeOf(await auth.refresh('mqr_made-up'))).toBe('REFRESH_TOKEN_INVALID')
  expect(codeOf(await auth.signIn(email, wrong))).toBe('SIGN_IN_FAILED')
  expect(codeOf(await auth.signUp('no address', { password: wrong }))).toBe('BAD_USER_INPUT')
  const made = dataOf(await auth.createClient({ name: 'x' }, identityOf(first.user.id))).createClient
  const client = dataOf(await auth.signInClient(made.client.id, made.secret)).signInClient
  expect(codeOf(await auth.signInClient(made.client.id, `${made.secret}x`))).toBe('CLIENT_SIGN_IN_FAILED')
  // Statements that fail in the middle: whatever the driver says of them goes into the log.
  const database = await openShardedDatabase(data, authModel)
  const em = () => database.shards()[0]!.fork()
  await sqlRows(em(), 'alter table account rename column password_hash to gone')
  expect(codeOf(await auth.signUp('kane@nostromo.example'))).toBe('INTERNAL_SERVER_ERROR')
  await sqlRows(em(), 'alter table account rename column gone to password_hash')
  await sqlRows(em(), 'alter table account add constraint nothing check (false) not valid')
  expect(codeOf(await auth.signUp('kane@nostromo.example'))).toBe('INTERNAL_SERVER_ERROR')
  await sqlRows(em(), 'alter table refresh_token rename column used_at to gone')
  expect(codeOf(await auth.refresh(second.refreshToken))).toBe('INTERNAL_SERVER_ERROR')
  await database.close()

  child.kill('SIGTERM')
  const [code] = (await once(child, 'exit')) as [number]
  expect(code).toBe(0)
  expect(log).toContain('a refresh token was used twice')
  expect(log).toContain('violates check constraint')
  expect(log).toContain('column t.used_at does not exist')
  const secrets = [
    password,
    wrong,
    'mqr_',
    'mqs_',
    '$argon2id$',
    ...[first, second].flatMap(({ refreshToken, accessToken }) => [refreshToken.slice(4), accessToken]),
    made.secret.slice(4),
    client.accessToken,
    secret,
    'PRIVATE KEY',
  ]
  expect(secrets.filter(text => log.includes(text))).toEqual([])
}, 60_000)
