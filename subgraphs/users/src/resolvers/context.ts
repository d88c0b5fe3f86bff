import type { FieldResolvers, RequestContext } from '@marquee/subgraph'
import type { UsersLoaders } from '../loaders/make-loaders.ts'

/** What the resolvers of this subgraph get as their third argument. */
export type Context = RequestContext<undefined, UsersLoaders>

/** Resolvers of a type whose parent is `Source`. */
export type Fields<Source> = FieldResolvers<Source, Context>

/** Arguments of a paged list. */
export type PageArguments = Readonly<{ first: number; after?: string | null }>
