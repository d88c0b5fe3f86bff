/** Steps from the root of an answer, names and indexes. GraphQL, "Response Position". */
export type ResponsePath = readonly (string | number)[]
