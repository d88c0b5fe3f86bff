import { Command, CommanderError } from 'commander'
import { addAuth } from './commands/auth.ts'
import { addCompose } from './commands/compose.ts'
import { addConfig } from './commands/config.ts'
import { addDb } from './commands/db.ts'
import { addDocs } from './commands/docs.ts'
import { addGateway } from './commands/gateway.ts'
import { addImport } from './commands/import.ts'
import { addPlan } from './commands/plan.ts'
import { addShards } from './commands/shards.ts'
import { addStatus } from './commands/status.ts'
import { addUp } from './commands/up.ts'
import { failureOf, printFailure } from './terminal/failure.ts'

/** Runs one `marquee` command. @returns its exit code */
export const runCli = async (args: readonly string[]): Promise<number> => {
  let code = 0
  const exit = (wanted: number): void => {
    code = wanted
  }
  const program = new Command('marquee')
    .description('A GraphQL federation platform: gateway, subgraphs, data layer and tools')
    .helpCommand(true)
    .exitOverride()
    .showHelpAfterError('(add --help for what it takes)')
  // Copied to the commands that are added, in this order in the help.
  for (const add of [
    addUp,
    addStatus,
    addCompose,
    addPlan,
    addImport,
    addGateway,
    addAuth,
    addDb,
    addShards,
    addConfig,
    addDocs,
  ]) {
    add(program, exit)
  }
  try {
    await program.parseAsync([...args], { from: 'user' })
    return code
  } catch (error) {
    // Commander has said what is wrong already.
    if (error instanceof CommanderError) return error.exitCode
    const failure = failureOf(error)
    if (args.includes('--json')) console.log(JSON.stringify({ event: 'failed', ...failure }))
    else console.error(printFailure(failure))
    return 1
  }
}
