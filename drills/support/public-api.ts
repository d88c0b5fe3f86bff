/** What the public API answers, and the token of what it shows. */
export type Answer<Data> = Readonly<{ data: Data; token: string | undefined }>

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- whoever asks says what was asked for
export type Ask = <Data>(
  query: string,
  variables?: Readonly<Record<string, unknown>>,
  headers?: Readonly<Record<string, string>>,
) => Promise<Answer<Data>>

const tokenHeader = 'x-marquee-consistency'
const patienceMs = 10_000

/** Asks as any client does. @throws on everything that a client would call an error, silence of 10 s too */
export const publicApi =
  (url: string): Ask =>
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- as in `Ask`
  async <Data>(
    query: string,
    variables: Readonly<Record<string, unknown>> = {},
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer<Data>> => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.timeout(patienceMs),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${response.status} ${text}`)
    const { data, errors } = JSON.parse(text) as { data: Data; errors?: unknown }
    if (errors !== undefined) throw new Error(JSON.stringify(errors))
    return { data, token: response.headers.get(tokenHeader) ?? undefined }
  }

/** A token as a program sends it, and as a browser does. */
export const asHeader = (token: string): Readonly<Record<string, string>> => ({ [tokenHeader]: token })
export const asCookie = (token: string): Readonly<Record<string, string>> => ({
  cookie: `marquee-consistency=${token}`,
})

export type Client = Readonly<{ authorization: string }>

/** A new account. Its header signs requests in, for 15 minutes. */
export const signUp = async (ask: Ask, name: string): Promise<Client> => {
  const { data, token } = await ask<{ signUp: { accessToken: string } }>(
    'mutation ($input: SignUpInput!) { signUp(input: $input) { accessToken } }',
    { input: { email: `${name}@drill.example`, password: 'long enough, surely', name } },
  )
  const client = { authorization: `Bearer ${data.signUp.accessToken}` }
  // The first look makes the profile.
  await ask('{ viewer { id handle } }', {}, { ...client, ...asHeader(token ?? '') })
  return client
}

export type FilmId = Readonly<{ id: string; uuid: string }>

/** Films by their ids in the API and in the database. */
export const someFilms = async (ask: Ask, count: number): Promise<readonly FilmId[]> => {
  const { data } = await ask<{ movies: { nodes: { id: string }[] } }>(
    'query ($count: Int!) { movies(first: $count) { nodes { id } } }',
    { count },
  )
  return data.movies.nodes.map(({ id }) => ({
    id,
    uuid: Buffer.from(id.slice(id.indexOf('_') + 1), 'base64url').toString('hex'),
  }))
}
