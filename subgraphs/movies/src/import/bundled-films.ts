import { createRequire } from 'node:module'
import { join } from 'node:path'

const require = createRequire(import.meta.url)

/** Path of the file of 3,201 films that comes with the package vega-datasets, whose `exports` hide its data. */
export const bundledFilms = (): string => join(require.resolve('vega-datasets'), '../../data/movies.json')
