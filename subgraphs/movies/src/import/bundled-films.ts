import { createRequire } from 'node:module'
import { join } from 'node:path'

/** Path of the file of 3,201 films that comes with the package vega-datasets, whose `exports` hide its data. */
export const bundledFilms = (): string =>
  join(createRequire(import.meta.url).resolve('vega-datasets'), '../../data/movies.json')
