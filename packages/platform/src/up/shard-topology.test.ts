import { expect, test } from '@jest/globals'
import { shardTopology } from './shard-topology.ts'

const place = (port: number, name: string) => ({
  writer: `postgres://127.0.0.1:${port}/${name}`,
  readers: [],
})

test('a sharded domain has a server of each shard, the others that of the first', () => {
  const first = { auth: place(1, 'auth'), users: place(1, 'users') }
  expect(shardTopology([first, { users: place(2, 'users') }])).toEqual({
    auth: place(1, 'auth'),
    users: { shards: { s1: place(1, 'users'), s2: place(2, 'users') } },
  })
})

test('one shard is called as it will be when a second one comes', () => {
  expect(shardTopology([{ users: place(1, 'users') }])).toEqual({
    users: { shards: { s1: place(1, 'users') } },
  })
})
