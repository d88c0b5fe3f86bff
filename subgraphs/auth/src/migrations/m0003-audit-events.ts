import { Migration } from '@marquee/data'

/**
 * What happened to accounts, by month: it grows without end, and the oldest of it goes by dropping a table
 * (`data.partitions.keepMonths`). Beside its account, whose bucket it has; it outlives what it tells of.
 */
export class M0003AuditEvents extends Migration {
  override up(): void {
    this.addSql(`
      create table audit_event (
        account_id uuid not null,
        at timestamptz(3) not null default now(),
        id uuid not null default uuidv7(),
        bucket smallint not null check (bucket = marquee.bucket_of(account_id::text)),
        kind text not null check (kind in (
          'signed-up', 'signed-in', 'sign-in-failed', 'refreshed', 'reuse-noticed', 'role-granted', 'client-made', 'client-revoked')),
        request_id text,
        primary key (account_id, at, id, bucket)
      ) partition by range (at)`)
    // Months to come are made ahead (`data.partitions`); this one and the next are there from the start.
    this.addSql(`
      do $$
      declare
        this_month timestamptz := date_trunc('month', now(), 'UTC');
        following timestamptz := date_trunc('month', this_month + interval '40 days', 'UTC');
        after_that timestamptz := date_trunc('month', following + interval '40 days', 'UTC');
      begin
        execute format('create table %I partition of audit_event for values from (%L) to (%L)',
          'audit_event_' || to_char(this_month at time zone 'UTC', 'YYYY_MM'), this_month, following);
        execute format('create table %I partition of audit_event for values from (%L) to (%L)',
          'audit_event_' || to_char(following at time zone 'UTC', 'YYYY_MM'), following, after_that);
      end $$`)
    this.addSql(`select marquee.shard_table('audit_event')`)
  }

  override down(): void {
    this.addSql('drop table audit_event')
  }
}
