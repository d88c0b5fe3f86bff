import { keysOf, environmentNameOf, readSection } from '@marquee/contract'
import type { Command } from 'commander'
import { stringify } from 'yaml'
import { readConfigFile } from '../config/config-file.ts'

type Flags = Readonly<{ reference?: boolean; showSecrets?: boolean }>

const hidden = '(hidden)'

const isSecret = (key: string): boolean => /secret|password/i.test(key)

/** Hides passwords: whole values of secrets, and what stands before the @ of a URL. */
const withoutSecrets = (value: unknown, key = ''): unknown => {
  if (typeof value === 'string') {
    return isSecret(key) ? hidden : value.replaceAll(/(\w+:\/\/[^:/@\s]*):[^@/\s]+@/g, `$1:${hidden}@`)
  }
  if (Array.isArray(value)) return value.map(one => withoutSecrets(one, key))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withoutSecrets(one, name)]))
}

const config = async (flags: Flags): Promise<void> => {
  // Loaded here: the sections belong to packages that take their time.
  const [{ marqueeConfig }, { configReference }] = await Promise.all([
    import('../config/marquee-config.ts'),
    import('../config/reference.ts'),
  ])
  if (flags.reference === true) {
    console.log(configReference())
    return
  }
  const file = await readConfigFile(process.env)
  const sources = { data: file.data, env: process.env, file: file.path }
  const effective = Object.fromEntries(
    Object.entries(marqueeConfig.shape).map(([name, section]) => [name, readSection(name, section, sources)]),
  )
  const fromEnvironment = Object.entries(marqueeConfig.shape)
    .flatMap(([name, section]) => keysOf(section, [name]))
    .map(({ path, schema }) => environmentNameOf(path, schema))
    .filter((name, index, names) => process.env[name] !== undefined && names.indexOf(name) === index)
  console.log(`# ${file.exists ? file.path : 'no marquee.yaml: defaults'}`)
  if (fromEnvironment.length > 0)
    console.log(`# over it, from the environment: ${fromEnvironment.join(', ')}`)
  console.log(stringify(flags.showSecrets === true ? effective : withoutSecrets(effective)).trimEnd())
}

export const addConfig = (program: Command): void => {
  program
    .command('config')
    .description('print the configuration in effect: file, environment and defaults together')
    .option('--reference', 'print the page of all keys instead')
    .option('--show-secrets', 'do not hide secrets and passwords')
    .action(config)
}
