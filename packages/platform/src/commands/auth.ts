import type { Role } from '@marquee/auth'
import { Argument, type Command } from 'commander'
import type { WhereFlags } from '../tools/topology.ts'

const roles = ['MEMBER', 'MODERATOR', 'ADMIN'] as const satisfies readonly Role[]

const where = (command: Command): Command =>
  command
    .option('--data <folder>', 'data folder of the running platform (default: .marquee in the project)')
    .option('--database-url <url>', 'work on this database, whether or not a platform runs')

export const addAuth = (program: Command): void => {
  const auth = program.command('auth').description('look after accounts and keys')
  where(auth.command('grant-role'))
    .description('give a role to an account: so the first administrator is made')
    .argument('<email>')
    .addArgument(new Argument('<role>').choices([...roles]))
    .action(async (email: string, role: Role, flags: WhereFlags) => {
      // Loaded when it is used: the data layer takes its time.
      const { runGrantRole } = await import('../tools/run-auth.ts')
      await runGrantRole(email, role, flags)
    })
  where(auth.command('rotate-keys'))
    .description('make the next key that signs access tokens')
    .option('--now', 'use it at once, before every gateway has fetched it')
    .action(async (flags: WhereFlags & { now?: boolean }) => {
      const { runRotateKeys } = await import('../tools/run-auth.ts')
      await runRotateKeys(flags)
    })
}
