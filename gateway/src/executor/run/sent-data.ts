import type { ResponsePath } from './response-path.ts'

type Fields = Record<string, unknown>

/** What an addition has that was not sent before, and where. */
export type News = Readonly<{
  subPath: ResponsePath
  /** As JSON. */
  data: string
}>

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Never through `fields[name] =`: a client may call a field `__proto__`. */
const setField = (fields: Fields, name: string, value: unknown): void => {
  Object.defineProperty(fields, name, { value, enumerable: true, configurable: true, writable: true })
}

/** A null where an object was sent: a null that went up further than this addition goes. */
const takesBack = (sent: unknown, added: unknown): boolean => {
  if (added === null) return typeof sent === 'object' && sent !== null
  if (Array.isArray(added)) {
    return (
      Array.isArray(sent) && added.some((item, index) => index < sent.length && takesBack(sent[index], item))
    )
  }
  if (!isFields(added) || !isFields(sent)) return false
  return Object.keys(added).some(name => Object.hasOwn(sent, name) && takesBack(sent[name], added[name]))
}

/** The data that a client has by now, as it merges it. */
export class SentData {
  readonly #data: unknown

  /** @param text  the first answer's data, as JSON */
  constructor(text: string) {
    this.#data = JSON.parse(text)
  }

  get data(): unknown {
    return this.#data
  }

  /**
   * Adds what is sent of the object at a path.
   * @param text  as JSON
   * @returns what is new of it; undefined when it would take back what was sent: then nothing is added
   */
  add(path: ResponsePath, text: string): readonly News[] | undefined {
    const at = path.reduce<unknown>((value, step) => (value as Fields)[step], this.#data)
    const added: unknown = JSON.parse(text)
    if (!isFields(at) || !isFields(added) || takesBack(at, added)) return undefined
    const news: News[] = []
    this.#merge(at, added, [], news)
    return news
  }

  #merge(sent: Fields, added: Fields, subPath: ResponsePath, news: News[]): void {
    const data: Fields = {}
    const place = news.length
    let isNew = false
    for (const name of Object.keys(added)) {
      if (Object.hasOwn(sent, name)) this.#mergeValue(sent[name], added[name], [...subPath, name], news)
      else {
        isNew = true
        setField(data, name, added[name])
      }
    }
    if (!isNew) return
    news.splice(place, 0, { subPath, data: JSON.stringify(data) })
    for (const name of Object.keys(data)) setField(sent, name, data[name])
  }

  #mergeValue(sent: unknown, added: unknown, subPath: ResponsePath, news: News[]): void {
    if (Array.isArray(sent) && Array.isArray(added)) {
      const { length } = sent
      added.slice(0, length).forEach((item, index) => {
        this.#mergeValue(sent[index], item, [...subPath, index], news)
      })
    } else if (isFields(sent) && isFields(added)) this.#merge(sent, added, subPath, news)
  }
}
