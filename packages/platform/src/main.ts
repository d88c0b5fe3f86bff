#!/usr/bin/env node
import { enableCompileCache } from 'node:module'
import { compileCache } from './up/compile-cache.ts'

// Before anything else is loaded: it halves the time that loading takes.
if (process.env['NODE_COMPILE_CACHE'] === undefined) enableCompileCache(compileCache)
// Closed by its reader (`marquee status | head -1`): no reason to end with an error.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
// A command that the platform runs ends with it, also when it is killed.
if (process.channel !== undefined) {
  process.on('disconnect', () => process.exit(1))
  process.channel.unref()
}

const { runCli } = await import('./cli.ts')
process.exitCode = await runCli(process.argv.slice(2))
