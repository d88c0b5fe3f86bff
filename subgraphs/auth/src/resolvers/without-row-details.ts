type Resolver = (...args: never[]) => Promise<unknown>

const notShown = '(not shown)'

/** PostgreSQL's `detail` quotes the whole row that broke a constraint: with it, a password hash would be logged. */
const redact = (error: unknown): void => {
  if (!(error instanceof Error) || !('detail' in error) || typeof error.detail !== 'string') return
  const { detail, message, stack } = error
  error.message = message.replaceAll(detail, notShown)
  error.stack = stack?.replaceAll(detail, notShown) ?? ''
  error.detail = notShown
}

/** The same resolvers, with errors that quote no row. */
export const withoutRowDetails = <Resolvers extends Readonly<Record<string, Resolver>>>(
  resolvers: Resolvers,
): Resolvers =>
  Object.fromEntries(
    Object.entries(resolvers).map(([field, resolve]) => [
      field,
      async (...args: never[]) => {
        try {
          return await resolve(...args)
        } catch (error) {
          redact(error)
          throw error
        }
      },
    ]),
  ) as Resolvers
