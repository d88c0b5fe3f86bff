/**
 * The form of a name in which it is searched and sorted: lower case, without accents, single spaces. Kept beside the
 * name by the import, and made the same way from what a client types, so that `amelie` finds `Amélie`.
 */
export const searchText = (text: string): string =>
  text
    .toWellFormed()
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim()
