import { Migration } from '@marquee/data'

export class M0001Accounts extends Migration {
  override up(): void {
    this.addSql(`
      create table account (
        id uuid primary key default uuidv7(),
        email text not null unique check (email = lower(email)),
        name text not null check (char_length(name) between 1 and 80),
        password_hash text not null,
        roles text[] not null default '{MEMBER}' check (roles <@ '{MEMBER,MODERATOR,ADMIN}'),
        created_at timestamptz not null default now()
      )`)
    this.addSql(`
      create table session (
        id uuid primary key default uuidv7(),
        account_id uuid not null references account on delete cascade,
        created_at timestamptz not null default now(),
        expires_at timestamptz not null,
        revoked_at timestamptz,
        revoked_reason text check (revoked_reason in ('signed-out', 'reused'))
      )`)
    this.addSql('create index session_account_id on session (account_id)')
    this.addSql('create index session_expires_at on session (expires_at)')
    this.addSql(`
      create table refresh_token (
        hash bytea primary key,
        session_id uuid not null references session on delete cascade,
        created_at timestamptz not null default now(),
        expires_at timestamptz not null,
        used_at timestamptz
      )`)
    this.addSql('create index refresh_token_session_id on refresh_token (session_id)')
    this.addSql('create index refresh_token_expires_at on refresh_token (expires_at)')
    this.addSql(`
      create table api_client (
        id uuid primary key default uuidv7(),
        owner_id uuid not null references account on delete cascade,
        name text not null check (char_length(name) between 1 and 80),
        tier text not null check (tier in ('PARTNER', 'INTERNAL')),
        scopes text[] not null default '{}',
        secret_hash bytea not null,
        created_at timestamptz not null default now(),
        revoked_at timestamptz
      )`)
    this.addSql('create index api_client_owner_id on api_client (owner_id, id)')
    this.addSql(`
      create table signing_key (
        kid text primary key,
        public_jwk jsonb not null,
        private_key bytea not null,
        created_at timestamptz not null default now(),
        active_from timestamptz not null,
        retired_at timestamptz
      )`)
  }

  override down(): void {
    this.addSql('drop table signing_key, api_client, refresh_token, session, account')
  }
}
