const snake = (name: string): string => name.replaceAll(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)

/** The select list of hand-written SQL, so that its rows have the shape of the entity: `m.release_date as "releaseDate"`. */
export const columnsOf = (alias: string, properties: readonly string[]): string =>
  properties.map(name => `${alias}.${snake(name)} as "${name}"`).join(', ')
