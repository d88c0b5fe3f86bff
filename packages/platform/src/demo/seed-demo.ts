import { ask, type GraphQLAnswer } from './ask.ts'
import { demoEmail, demoPeople, type DemoPerson } from './demo-people.ts'

type SignedIn = Readonly<{ id: string; token: string }>
type Part = Readonly<{ field: string; type: string; value: unknown }>

export type DemoScope = Readonly<{ users: boolean; movies: boolean }>

const codesOf = (answer: GraphQLAnswer): readonly string[] =>
  (answer.errors ?? []).map(({ message, extensions }) => extensions?.code ?? message)

/** What a second, interrupted attempt may meet. */
const alreadyDone = new Set(['REVIEW_EXISTS', 'HANDLE_TAKEN'])

const refuse = (what: string, answer: GraphQLAnswer): never => {
  const reasons = (answer.errors ?? []).map(({ message, extensions }) => `${message} (${extensions?.code})`)
  throw new Error(`${what}: ${reasons.join('; ') || 'no answer'}`)
}

const sessionFields = '{ accessToken user { id } }'

const signInOrUp = async (url: string, email: string, password: string, name: string): Promise<SignedIn> => {
  const up = await ask(
    url,
    `mutation ($input: SignUpInput!) { session: signUp(input: $input) ${sessionFields} }`,
    { input: { email, password, name } },
  )
  const answer = codesOf(up).includes('EMAIL_TAKEN')
    ? await ask(url, `mutation ($input: SignInInput!) { session: signIn(input: $input) ${sessionFields} }`, {
        input: { email, password },
      })
    : up
  const session = answer.data?.['session'] as { accessToken: string; user: { id: string } } | null | undefined
  if (session === null || session === undefined) return refuse(`signing in ${email}`, answer)
  return { id: session.user.id, token: session.accessToken }
}

const titlesOfDemo = [
  ...new Set(
    demoPeople.flatMap(({ reviews, watchlist }) => [...watchlist, ...reviews.map(([title]) => title)]),
  ),
]

/** Ids of the films that the demo speaks about, by title; those that are not in the catalogue are left out. */
const findMovies = async (url: string): Promise<ReadonlyMap<string, string>> => {
  const variables = Object.fromEntries(titlesOfDemo.map((title, index) => [`t${index}`, title]))
  const declared = titlesOfDemo.map((_, index) => `$t${index}: String!`).join(', ')
  const fields = titlesOfDemo.map(
    (_, index) =>
      `m${index}: movies(first: 5, filter: { titleContains: $t${index} }, orderBy: { field: POPULARITY, direction: DESC }) { nodes { id title } }`,
  )
  const answer = await ask(url, `query (${declared}) { ${fields.join(' ')} }`, variables)
  if (answer.errors !== undefined) return refuse('finding movies', answer)
  const nodes = Object.values(answer.data ?? {}).flatMap(
    value => (value as { nodes: { id: string; title: string }[] }).nodes,
  )
  return new Map(nodes.toReversed().map(({ id, title }) => [title, id]))
}

const partsOf = (
  person: DemoPerson,
  people: readonly SignedIn[],
  movies: ReadonlyMap<string, string>,
  scope: DemoScope,
): Part[] => {
  const social = !scope.users
    ? []
    : [
        {
          field: 'updateProfile(input: $) { id }',
          type: 'UpdateProfileInput!',
          value: { bio: person.bio, favouriteGenres: scope.movies ? person.favouriteGenres : [] },
        },
        ...person.follows.map(index => ({
          field: 'follow(userId: $) { id }',
          type: 'ID!',
          value: people[index]?.id,
        })),
        ...person.watchlist.map(title => ({
          field: 'addToWatchlist(movieId: $) { viewer { id } }',
          type: 'ID!',
          value: movies.get(title),
        })),
      ]
  const reviews = person.reviews.map(([title, stars, text]) => ({
    field: 'addReview(input: $) { id }',
    type: 'AddReviewInput!',
    value: movies.has(title) ? { movieId: movies.get(title), stars, text } : undefined,
  }))
  return [...social, ...reviews].filter(({ value }) => value !== undefined)
}

const perform = async (url: string, token: string, parts: readonly Part[]): Promise<void> => {
  if (parts.length === 0) return
  const declared = parts.map(({ type }, index) => `$v${index}: ${type}`).join(', ')
  const fields = parts.map(({ field }, index) => `f${index}: ${field.replace('$', `$v${index}`)}`)
  const variables = Object.fromEntries(parts.map(({ value }, index) => [`v${index}`, value]))
  const answer = await ask(url, `mutation (${declared}) { ${fields.join(' ')} }`, variables, token)
  if (!codesOf(answer).every(code => alreadyDone.has(code))) refuse('filling the demo', answer)
}

/**
 * Makes the demo through the public API: six people, their reviews, whom they follow, what they want to see. May be
 * repeated after it broke off.
 * @param passwords  one per person
 * @returns whether all of it is there: not when a subgraph, or the films, are missing for now
 */
export const seedDemo = async (
  url: string,
  passwords: readonly string[],
  scope: DemoScope,
): Promise<boolean> => {
  const [people, movies] = await Promise.all([
    Promise.all(
      demoPeople.map(({ name }, index) => signInOrUp(url, demoEmail(index), passwords[index] ?? '', name)),
    ),
    scope.movies ? findMovies(url) : new Map<string, string>(),
  ])
  // One after another: so the newest reviews are the last person's, on every machine.
  for (const [index, person] of demoPeople.entries()) {
    await perform(url, people[index]?.token ?? '', partsOf(person, people, movies, scope))
  }
  return scope.users && movies.size > 0
}
