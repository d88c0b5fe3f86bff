/** A name as SQL needs it: quoted only where it must be. */
export const quoteName = (name: string): string =>
  /^[a-z_][a-z0-9_]*$/.test(name) && !reserved.has(name) ? name : `"${name.replaceAll('"', '""')}"`

// Those that a table or a column of ours may well be called.
const reserved = new Set(
  'all and any array as asc both case cast check collate column create current_user default desc distinct do else end except for foreign from grant group having in initially into leading limit not null offset on only or order primary references select session_user some table then to trailing true union unique user using when where window with'.split(
    ' ',
  ),
)
