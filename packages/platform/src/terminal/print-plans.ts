import type { MigrationPlan, PlannedMigration } from '@marquee/data'

const indented = (text: string, by: string): string => {
  const lines = text
    .replace(/^\s*\n/, '')
    .trimEnd()
    .split('\n')
  const margin = Math.min(...lines.filter(line => line.trim() !== '').map(line => line.search(/\S/)))
  return lines.map(line => `${by}${line.slice(margin)}`.trimEnd()).join('\n')
}

type Touch = PlannedMigration['statements'][number]['touches'][number]

const printTouch = ({ table, lock, wasHeld, rewrites, scans, rows }: Touch): string => {
  const does = rewrites ? ', rewrites it' : scans ? ', reads all of it' : ''
  const held = lock === null ? 'no lock' : wasHeld ? `${lock} since before` : lock
  return `      ${table}: ${held}${does}, about ${rows.toLocaleString('en')} rows`
}

const verdictOf = ({ risks, acceptsLocks }: PlannedMigration): string => {
  if (risks.length === 0) return 'ok'
  return acceptsLocks === null ? 'REFUSED' : `accepted: ${acceptsLocks}`
}

const printMigration = (migration: PlannedMigration, unseen: string | null): readonly string[] => [
  `  ${migration.migration}: ${unseen === null ? verdictOf(migration) : 'REFUSED'}${migration.isTransactional ? '' : ' (outside of a transaction)'}`,
  ...migration.statements.flatMap(({ sql, touches }) => [
    `${indented(sql, '    ')};`,
    ...touches.map(printTouch),
  ]),
  ...migration.risks.flatMap(({ reason, instead }) => [`    ! ${reason}`, `      Instead: ${instead}.`]),
]

/** What migrations would do, for people. */
export const printPlans = (plans: readonly MigrationPlan[]): string => {
  if (plans.length === 0) return 'Nothing to do: every database has all migrations.'
  return plans
    .flatMap(({ database, migrations, unseen }) => [
      `${database}: ${migrations.length} to apply`,
      ...(unseen === null ? [] : [`  ! nobody could look at them: ${unseen}`]),
      ...migrations.flatMap(migration => printMigration(migration, unseen)),
      '',
    ])
    .join('\n')
    .trimEnd()
}
