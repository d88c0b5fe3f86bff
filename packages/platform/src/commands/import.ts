import type { Command } from 'commander'
import type { ImportFlags } from '../tools/run-import.ts'

export const addImport = (program: Command): void => {
  program
    .command('import')
    .description('import films from a JSON file into the running platform (docs/import.md has the shapes)')
    .argument('[file]', 'a JSON array, or JSON lines')
    .option('--bundled', 'the 3,201 films that come with Marquee')
    .option('--if-empty', 'do nothing when there are movies already')
    .option('--data <folder>', 'data folder of the running platform (default: .marquee in the project)')
    .option('--database-url <url>', 'import into this database, whether or not a platform runs')
    .option('--report <file>', 'write the skipped rows, with number and reason, to this file')
    .option('--json', 'one JSON object a line, for scripts')
    .action(async (file: string | undefined, flags: ImportFlags) => {
      // Loaded when it is used: the data layer takes its time.
      const { runImport } = await import('../tools/run-import.ts')
      await runImport(file, flags)
    })
}
