import type { WithTags } from './definition.ts'

type Loader = { load: (key: unknown) => unknown; clearAll: unknown }

const isLoader = (value: object): value is Loader =>
  'load' in value && typeof value.load === 'function' && 'clearAll' in value

const isGroup = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

type Tags = Readonly<{ loader: string }>

// One object for each name, however many requests there are.
const known = new Map<string, Tags>()

const tagsFor = (loader: string): Tags => {
  let tags = known.get(loader)
  if (tags === undefined) known.set(loader, (tags = Object.freeze({ loader })))
  return tags
}

/**
 * Gives each DataLoader of a request the name under which it stands in `loaders` (`moviesOf.Person`). A batch runs
 * in the asynchronous context of the load that began it, so marking `load` marks the batch: its statements carry the
 * loader's name and the field of its first load.
 */
export const nameLoaders = (loaders: unknown, withTags: WithTags, path = ''): void => {
  if (typeof loaders !== 'object' || loaders === null) return
  for (const [key, value] of Object.entries(loaders as Readonly<Record<string, unknown>>)) {
    if (typeof value !== 'object' || value === null) continue
    if (isLoader(value)) {
      const tags = tagsFor(path + key)
      const load = value.load.bind(value)
      value.load = one => withTags(tags, () => load(one))
    } else if (isGroup(value)) {
      nameLoaders(value, withTags, `${path}${key}.`)
    }
  }
}
