import { searchText } from '../search-text.ts'

/** Title and day make a film the same film: remakes share the title, never both. */
export const importKeyOf = (title: string, releaseDate: string | null): string =>
  `${searchText(title)}|${releaseDate ?? ''}`
