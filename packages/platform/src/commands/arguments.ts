import { InvalidArgumentError } from 'commander'

/** A port, for commander. */
export const parsePort = (text: string): number => {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65_535)
    throw new InvalidArgumentError('A port is a whole number from 0 to 65535.')
  return port
}

/** How many replicas, for commander. */
export const parseReplicas = (text: string): number => {
  if (!/^[0-4]$/.test(text)) throw new InvalidArgumentError('There may be 0 to 4 replicas.')
  return Number(text)
}

/** How many shards, for commander. */
export const parseShards = (text: string): number => {
  if (!/^[1-8]$/.test(text)) throw new InvalidArgumentError('There may be 1 to 8 shards.')
  return Number(text)
}

/** Names with commas between them, for commander. */
export const parseNames = (text: string): readonly string[] => {
  const names = text.split(',').map(name => name.trim())
  if (names.some(name => !/^[\w-]+$/.test(name))) {
    throw new InvalidArgumentError('Write names with commas between them: auth,movies.')
  }
  return names
}
