import { lookup as lookUp } from 'node:dns/promises'
import { isIP, Socket } from 'node:net'

/** The addresses of a name. Rejects when it has none, or nobody can say. */
export type Lookup = (host: string) => Promise<readonly string[]>

/** One server to connect to. */
export type ServerTarget = Readonly<{
  /** Alike for one and the same server. */
  key: string
  url: string
  /** Which of the addresses of its name; undefined where the name has one, or is an address. */
  address: string | undefined
}>

/** What the names were last resolved to. */
export type Answers = ReadonlyMap<string, readonly string[]>

const hostOf = (url: string): string => new URL(url).hostname.replace(/^\[(.*)\]$/, '$1')

const portOf = (url: string): string => {
  const { port } = new URL(url)
  return port === '' ? '5432' : port
}

/** What tells two ways to a server apart once it is known which one it is: who one is, to what. */
const placeOf = (url: string, host: string): string => {
  const { username, password, pathname } = new URL(url)
  return [host, portOf(url), username, password, pathname].join(' ')
}

/** `host:port`, for people. */
export const labelOf = ({ url, address }: Pick<ServerTarget, 'url' | 'address'>): string =>
  address === undefined
    ? `${new URL(url).hostname}:${portOf(url)}`
    : `${isIP(address) === 6 ? `[${address}]` : address}:${portOf(url)}`

/** The names among the hosts of some addresses. */
export const namesIn = (urls: readonly string[]): readonly string[] => [
  ...new Set(urls.map(hostOf).filter(host => host !== '' && isIP(host) === 0)),
]

/**
 * What the operating system says, its hosts file too. A host with addresses of both kinds is one server twice over: the
 * older kind counts.
 */
export const systemLookup: Lookup = async host => {
  const found = await lookUp(host, { all: true })
  const older = found.filter(({ family }) => family === 4)
  return (older.length > 0 ? older : found).map(({ address }) => address)
}

/**
 * The servers that some addresses mean: a name with several addresses is as many servers. A name with one is left to be
 * resolved at each connection, and counts as the server that it leads to.
 */
export const targetsOf = (urls: readonly string[], answers: Answers): readonly ServerTarget[] => {
  const targets = new Map<string, ServerTarget>()
  const taken = new Set<string>()
  const severals: { url: string; addresses: readonly string[] }[] = []
  for (const url of new Set(urls)) {
    const addresses = answers.get(hostOf(url)) ?? []
    if (addresses.length > 1) {
      severals.push({ url, addresses })
      continue
    }
    const at = placeOf(url, addresses[0] ?? hostOf(url))
    if (taken.has(at)) continue
    taken.add(at)
    targets.set(url, { key: url, url, address: undefined })
  }
  for (const { url, addresses } of severals) {
    for (const address of addresses) {
      const at = placeOf(url, address)
      if (taken.has(at)) continue
      taken.add(at)
      const key = `${url} ${address}`
      targets.set(key, { key, url, address })
    }
  }
  return [...targets.values()]
}

/**
 * Asks for names once.
 * @param known  what stays true of a name that nobody can say anything of
 */
export const resolveNames = async (
  names: readonly string[],
  lookup: Lookup,
  known: Answers = new Map(),
): Promise<Answers> => {
  const answers = await Promise.all(
    names.map(async name => {
      const found = await lookup(name).catch(() => [])
      return [name, found.length > 0 ? [...new Set(found)] : (known.get(name) ?? [])] as const
    }),
  )
  return new Map(answers)
}

/** For `pg`: a socket that goes to this address. The name stays the one that a certificate is checked against. */
export const socketTo = (address: string | undefined): { stream?: () => Socket } =>
  address === undefined
    ? {}
    : {
        stream: () => {
          const socket = new Socket()
          const connect = socket.connect.bind(socket) as (port: number, host: string) => Socket
          socket.connect = ((port: number) => connect(port, address)) as Socket['connect']
          return socket
        },
      }
