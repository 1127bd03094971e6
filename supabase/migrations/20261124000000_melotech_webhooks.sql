-- MeloTech Real-time: every change of `submissions`, signed, in order, until it arrives.
--
-- Paste it into Supabase's SQL editor, or keep it among your migrations. Running it again
-- changes nothing but what is new in it. Afterwards, once:
--
--   select melotech.configure(
--       url := 'https://your-host/webhook/submission-update', secret := 'whsec_...');
--
-- A row trigger writes each change to melotech.webhook_outbox in the writer's own
-- transaction. From there it is pushed by pg_net (a statement trigger sends at once,
-- melotech.tick() collects the answers and sends again), read by the outbox relay, or both.

-- 1. Where it all is -----------------------------------------------------------------

create schema if not exists melotech;
revoke all on schema melotech from public;

create table if not exists melotech.webhook_outbox (
    -- The row's version: taken while the row is locked, so it rises with every change.
    sequence bigserial primary key,
    event_id text not null unique,
    row_key text not null,
    -- jsonb's own text: the bytes that pg_net will send, and that are signed.
    payload text not null,
    created_at timestamptz not null default clock_timestamp(),
    attempts int not null default 0,
    due_at timestamptz not null default clock_timestamp(),
    request_id bigint,
    sent_at timestamptz,
    delivered_at timestamptz,
    last_error text,
    -- Refused for what it says (400, 413, 422): does not hold up younger changes.
    refused boolean not null default false,
    -- Who wrote it, so that a statement sends its own changes and locks nobody else's.
    transaction_id xid8 not null default pg_current_xact_id(),
    -- Which life of pg_net's queue request_id belongs to; see webhook_run.
    run uuid
);

create index if not exists webhook_outbox_undelivered
    on melotech.webhook_outbox (sequence) where delivered_at is null;
create index if not exists webhook_outbox_undelivered_by_row
    on melotech.webhook_outbox (row_key, sequence) where delivered_at is null;
create index if not exists webhook_outbox_in_flight
    on melotech.webhook_outbox (request_id)
    where request_id is not null and delivered_at is null;
create index if not exists webhook_outbox_delivered
    on melotech.webhook_outbox (delivered_at) where delivered_at is not null;

-- 2. Writing a change down -----------------------------------------------------------

-- No exception handler here: a change that cannot be kept must not be made.
create or replace function melotech.keep_change() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
    before jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) end;
    after jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) end;
begin
    perform melotech.keep(tg_op, tg_table_schema, tg_table_name, after, before);
    return null;
end
$$;

create or replace function melotech.keep(
    operation text, table_schema text, table_name text, after jsonb, before jsonb
) returns void
language plpgsql security definer set search_path = '' as $$
declare
    kept bigint;
begin
    insert into melotech.webhook_outbox (event_id, row_key, payload)
    values (
        'msg_' || replace(gen_random_uuid()::text, '-', ''),
        coalesce(after ->> 'id', before ->> 'id', ''),
        jsonb_build_object(
            'type', operation, 'table', table_name, 'schema', table_schema,
            'record', after, 'old_record', before
        )::text
    )
    returning sequence into kept;
    -- For the statement trigger: where its statement's changes begin.
    if coalesce(current_setting('melotech.first_sequence', true), '') = '' then
        perform set_config('melotech.first_sequence', kept::text, true);
    end if;
end
$$;

-- TRUNCATE knows no rows, but before it they can still be read: each is deleted.
create or replace function melotech.keep_truncate() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    execute format(
        'select melotech.keep(''DELETE'', %L, %L, null, to_jsonb(gone)) from %I.%I gone',
        tg_table_schema, tg_table_name, tg_table_schema, tg_table_name);
    return null;
end
$$;

create or replace function melotech.after_statement() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
    first_sequence text := current_setting('melotech.first_sequence', true);
begin
    if coalesce(first_sequence, '') <> '' then
        perform set_config('melotech.first_sequence', '', true);
        perform pg_notify('melotech_outbox', '');
    end if;
    return null;
end
$$;

-- Watch a table; `submissions` is watched below, this is for one that is called otherwise.
create or replace function melotech.watch(watched regclass) returns void
language plpgsql set search_path = '' as $$
begin
    execute format(
        'create or replace trigger melotech_keep_change
         after insert or update or delete on %s
         for each row execute function melotech.keep_change()', watched);
    execute format(
        'create or replace trigger melotech_keep_truncate
         before truncate on %s
         for each statement execute function melotech.keep_truncate()', watched);
    execute format(
        'create or replace trigger melotech_after_statement
         after insert or update or delete or truncate on %s
         for each statement execute function melotech.after_statement()', watched);
end
$$;

do $$
begin
    if to_regclass('public.submissions') is null then
        raise notice 'there is no public.submissions: select melotech.watch(''your.table'')';
    else
        perform melotech.watch('public.submissions');
    end if;
end
$$;

-- 9. Nobody but the owner ------------------------------------------------------------

-- Who writes submissions needs no rights here: triggers run as their owner.
do $$
declare
    role text;
begin
    foreach role in array array['public', 'anon', 'authenticated', 'service_role'] loop
        if role = 'public' or to_regrole(role) is not null then
            execute format('revoke all on schema melotech from %s', role);
            execute format('revoke all on all tables in schema melotech from %s', role);
            execute format('revoke all on all sequences in schema melotech from %s', role);
            execute format('revoke all on all routines in schema melotech from %s', role);
        end if;
    end loop;
end
$$;
