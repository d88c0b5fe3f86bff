import type { GraphQLResolveInfo, GraphQLScalarType } from 'graphql'

/**
 * Resolves one field. `never` for arguments means: say what they are where you write the resolver, as in
 * `(movie, args: { first: number }, context) => …`; the context needs no annotation.
 */
type FieldResolver<Source, Context> = (
  source: Source,
  args: never,
  context: Context,
  info: GraphQLResolveInfo,
) => unknown

/**
 * The fields of one type whose rows are `Source`: `const movie: FieldResolvers<MovieRow, Context> = { title: row =>
 * row.title }`. Spread it into the type's entry in `Resolvers`.
 */
export type FieldResolvers<Source, Context> = Readonly<{
  [field: string]: FieldResolver<Source, Context>
}>

/** An object, interface or union type. */
type TypeResolvers<Context> = {
  readonly [field: string]: FieldResolver<never, Context>
} & {
  /** Finds an entity from its key, as another subgraph names it: `(reference: { id: string }, context) => …`. */
  readonly __resolveReference?: (reference: never, context: Context) => unknown
  /** The name of the object type that a row of an interface or union has. */
  readonly __resolveType?: (
    value: never,
    context: Context,
  ) => string | undefined | Promise<string | undefined>
}

/** Values by which resolvers know the values of an enum. */
type EnumValues = Readonly<Record<string, string | number>>

/** Resolvers by type name. Fields without one are read from the property of the same name. */
export type Resolvers<Context> = Readonly<
  Record<string, TypeResolvers<Context> | GraphQLScalarType | EnumValues>
>
