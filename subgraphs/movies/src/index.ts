export { moviesDefinition } from './definition.ts'
export { bundledFilms } from './import/bundled-films.ts'
export {
  importMovies,
  type ImportOptions,
  type ImportProgress,
  type ImportReport,
  type SkippedRow,
} from './import/import-movies.ts'
export { moviesModel } from './model.ts'
export { moviesByFame, reviewRow } from './seed/review-rows.ts'
