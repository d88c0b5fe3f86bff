import {
  archive,
  authorOf,
  product,
  productCount,
  productOf,
  readId,
  review,
  reviewsOfProduct,
  reviewsOfUser,
  type Row,
  user,
  userCount,
} from './rows.ts'

export type Args = Readonly<Record<string, unknown>>

/** How a field is answered where it is not simply the row's property of that name. */
export type Resolve = (row: Row, args: Args) => unknown

/** What a subgraph answers with. */
export type Data = Readonly<{
  /** `Type.field` to its answer. */
  fields: Readonly<Record<string, Resolve>>
  /** The row of a representation. */
  entity: (representation: Row) => Row | null
}>

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1)
const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const first = <T>(list: readonly T[], args: Args): readonly T[] =>
  typeof args['first'] === 'number' ? list.slice(0, args['first']) : list

const byId = (make: (seed: string, number: number) => Row | null, value: unknown): Row | null =>
  make(...readId(text(value)))

const reviewsOf =
  (numbersOf: (number: number) => readonly number[], key: string): Resolve =>
  (row, args) => {
    const [seed, number] = readId(text(row[key]))
    return first(numbersOf(number), args).map(one => review(seed, one))
  }

const shipping: Resolve = ({ price, weight }) => {
  if (typeof price !== 'number' || typeof weight !== 'number') return null
  return price > 1000 ? 0 : weight / 2
}

const accounts: Data = {
  fields: {
    'Query.me': () => user('', 1),
    'Query.user': (_, args) => byId(user, args['id']),
    'Query.users': (_, args) => upTo(userCount).map(number => user(text(args['seed']), number)),
  },
  entity: ({ id }) => byId(user, id),
}

const products: Data = {
  fields: {
    'Query.topProducts': (_, args) =>
      first(upTo(productCount), { first: 5, ...args }).map(number => product(text(args['seed']), number)),
    'Query.product': (_, args) => byId(product, args['upc']),
  },
  entity: ({ upc }) => byId(product, upc),
}

const inventory: Data = {
  fields: { 'Product.shippingEstimate': shipping },
  // Price and weight are the caller's: a gateway that sends wrong ones shall be seen.
  entity: ({ upc, price, weight }) => {
    const row = byId(product, upc)
    return row === null ? null : { ...row, price, weight }
  },
}

const reviews: Data = {
  fields: {
    'Query.archive': () => archive,
    'Mutation.addReview': (_, args) => {
      const [seed, number] = readId(text(args['upc']))
      return { ...review(seed, reviewsOfProduct(number)[0] ?? 1), body: args['body'] }
    },
    'Review.author': ({ seed, number }) => user(text(seed), authorOf(Number(number))),
    'Review.product': ({ seed, number }) => product(text(seed), productOf(Number(number))),
    'User.reviews': reviewsOf(reviewsOfUser, 'id'),
    'Product.reviews': reviewsOf(reviewsOfProduct, 'upc'),
  },
  entity: row => {
    if (row.__typename === 'Review') return byId(review, row['id'])
    return row.__typename === 'User' ? byId(user, row['id']) : byId(product, row['upc'])
  },
}

/** Subgraph name to what it answers with. */
export const shop: Readonly<Record<string, Data>> = Object.freeze({ accounts, products, inventory, reviews })
