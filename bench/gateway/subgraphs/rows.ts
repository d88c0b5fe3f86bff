/** An object that a subgraph answers with: its concrete type, and what is known of it. */
export type Row = Readonly<Record<string, unknown> & { __typename: string }>

const words =
  'sturdy light ample worn bright quiet heavy narrow soft plain useful even after years of daily use in a small flat with two cats and one careless cook'.split(
    ' ',
  )

/** Text of about `length` characters that is the same in each run and differs by `start`. */
const prose = (start: number, length: number): string => {
  let text = ''
  for (let at = start; text.length < length; at += 3) text += `${words[at % words.length] ?? ''} `
  return text.slice(0, length)
}

const people = [
  ['Ada Winter', 'ada'],
  ['Bruno Castellanos', 'brunoc'],
  ['Chidi Okafor', 'chidi'],
  ['Dana Lindqvist', 'danalind'],
  ['Emre Yilmaz', 'emre'],
  ['Fumiko Arai', 'fumikoarai'],
] as const

const goods = [
  ['Table', 899, 100],
  ['Couch', 1299, 1000],
  ['Glass', 15, 20],
  ['Chair', 499, 100],
  ['Screen', 1299, 1000],
  ['Lamp', 699, 300],
  ['Grill', 3999, 2000],
  ['Fridge', 9999, 6000],
  ['Sofa', 999, 800],
] as const

/** Product of each review: the first two are talked about most, as in the public benchmark. */
const reviewed = [1, 1, 1, 1, 2, 2, 2, 2, 3, 4, 4] as const

const bodies = reviewed.map((_, index) => prose(index * 5, [220, 160, 180, 90][index % 4] ?? 0))

const id = (seed: string, number: number): string => (seed === '' ? `${number}` : `${seed}-${number}`)

/** `s7-3` is number 3 in the world of seed `s7`; `3` is number 3 in the plain one. */
export const readId = (text: string): readonly [seed: string, number: number] => {
  const dash = text.lastIndexOf('-')
  return [dash === -1 ? '' : text.slice(0, dash), Number(text.slice(dash + 1))]
}

export const userCount = people.length
export const productCount = goods.length

export const user = (seed: string, number: number): Row | null => {
  const person = people[number - 1]
  if (person === undefined) return null
  const [name, username] = person
  return { __typename: 'User', id: id(seed, number), name, username, birthday: 1_234_567_890 + number }
}

export const product = (seed: string, number: number): Row | null => {
  const good = goods[number - 1]
  if (good === undefined) return null
  const [name, price, weight] = good
  return { __typename: 'Product', upc: id(seed, number), name, price, weight, inStock: number % 3 !== 2 }
}

export const review = (seed: string, number: number): Row | null => {
  const body = bodies[number - 1]
  return body === undefined ? null : { __typename: 'Review', id: id(seed, number), seed, number, body }
}

export const authorOf = (number: number): number => ((number - 1) % people.length) + 1
export const productOf = (number: number): number => reviewed[number - 1] ?? 1

const reviewsWhere = (holds: (number: number) => boolean): readonly number[] =>
  reviewed.map((_, index) => index + 1).filter(holds)

const byProduct = new Map(
  goods.map((_, index) => [index + 1, reviewsWhere(number => productOf(number) === index + 1)]),
)
const byUser = new Map(
  people.map((_, index) => [index + 1, reviewsWhere(number => authorOf(number) === index + 1)]),
)
export const reviewsOfProduct = (number: number): readonly number[] => byProduct.get(number) ?? []
export const reviewsOfUser = (number: number): readonly number[] => byUser.get(number) ?? []

/** About 1 MB as JSON. Frozen: its text is made once. */
export const archive: readonly Row[] = Object.freeze(
  Array.from({ length: 2000 }, (_, index) => ({
    __typename: 'ArchivedReview',
    id: `${index}`,
    title: prose(index, 40),
    body: prose(index + 7, 420),
  })),
)
