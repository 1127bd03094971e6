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

-- Every function here looks up plain names in pg_catalog, and among temporary objects last:
-- left to itself Postgres looks there first, even for a type such as `text`, and so would
-- run as the owner of this what any writer of submissions had put there.

create schema if not exists melotech;
revoke all on schema melotech from public;
-- Raised with each change of this file: the doctor (docs/doctor.md) asks for it.
comment on schema melotech is 'MeloTech Real-time, pack 1';

do $$
declare
    watched regclass;
begin
    -- First what writers lock first: the other way round one of us would be the victim.
    for watched in
        select distinct t.tgrelid from pg_trigger t join pg_proc f on f.oid = t.tgfoid
         where f.pronamespace = to_regnamespace('melotech') order by 1
    loop
        execute format('lock table %s in share row exclusive mode', watched);
    end loop;
end
$$;

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

-- Readers drop what is older than what they know. So that a pack that is installed anew, or a
-- database that is restored, goes on above its earlier life, numbers follow the clock: they
-- begin at its milliseconds, which no table's changes outrun.
select setval('melotech.webhook_outbox_sequence_seq', now_ms)
  from melotech.webhook_outbox_sequence_seq,
       cast(extract(epoch from clock_timestamp()) * 1000 as bigint) now_ms
 where now_ms > last_value;

create index if not exists webhook_outbox_undelivered
    on melotech.webhook_outbox (sequence) where delivered_at is null;
create index if not exists webhook_outbox_undelivered_by_row
    on melotech.webhook_outbox (row_key, sequence) where delivered_at is null;
create index if not exists webhook_outbox_in_flight
    on melotech.webhook_outbox (request_id)
    where request_id is not null and delivered_at is null;
create index if not exists webhook_outbox_delivered
    on melotech.webhook_outbox (delivered_at) where delivered_at is not null;

-- One row: where to, how fast, how long. Without a url nothing is pushed.
create table if not exists melotech.webhook_endpoint (
    only_one boolean primary key default true check (only_one),
    url text,
    secret text,  -- null where Supabase Vault keeps it
    timeout_ms int not null default 5000 check (timeout_ms between 100 and 60000),
    max_in_flight int not null default 200 check (max_in_flight between 1 and 2000),
    first_delay interval not null default '2 seconds' check (first_delay > '0'),
    max_delay interval not null default '1 minute' check (max_delay > '0'),
    keep_delivered interval not null default '1 day' check (keep_delivered >= '0'),
    clock text,          -- how pg_cron calls tick(); null: it does not
    fault text,          -- why nothing could be sent, as the last tick() found
    history_pruned_at timestamptz not null default '-infinity'
);
insert into melotech.webhook_endpoint default values on conflict do nothing;

-- pg_net's queue is emptied by a crash, and counts its requests from 1 again; so is this
-- table. A request whose run is not here any more is lost, and its number somebody else's.
-- `queue` tells a pg_net that was dropped and created anew from the one before.
create unlogged table if not exists melotech.webhook_run (
    run uuid primary key default gen_random_uuid(),
    queue oid not null
);

-- 2. Writing a change down -----------------------------------------------------------

-- A row as jsonb. What a column of type json may say and jsonb may not, such as a \u0000,
-- is told as text, as it stands: no write fails for it.
create or replace function melotech.row_of(one_row anyelement) returns jsonb
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    told jsonb := '{}';
    cell jsonb;
    name name;
begin
    return to_jsonb(one_row);
exception when data_exception then
    for name in
        select a.attname from pg_attribute a join pg_type t on t.typrelid = a.attrelid
         where t.oid = pg_typeof(one_row) and a.attnum > 0 and not a.attisdropped
    loop
        begin
            execute format('select to_jsonb(($1).%I)', name) into cell using one_row;
        exception when data_exception then
            execute format('select to_jsonb(($1).%I::text)', name) into cell using one_row;
        end;
        told := told || jsonb_build_object(name, cell);
    end loop;
    return told;
end
$$;

-- Whose token made the request, as auth.uid() tells, for the payload: nothing for a key
-- that is no user's, and outside of requests. Who may run SQL may claim to be anybody.
create or replace function melotech.actor() returns jsonb
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
    claims text := current_setting('request.jwt.claims', true);
    actor text := current_setting('request.jwt.claim.sub', true);
begin
    if coalesce(actor, '') = '' and coalesce(claims, '') <> '' then
        actor := claims::jsonb ->> 'sub';
    end if;
    -- A user's id is a uuid.
    if actor ~ '^[0-9A-Fa-f-]{36}$' then
        return jsonb_build_object('user_id', actor);
    end if;
    return '{}';
exception when others then
    return '{}';
end
$$;

-- No exception handler here: a change that cannot be kept must not be made.
create or replace function melotech.keep_change() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    before jsonb := case when tg_op <> 'INSERT' then melotech.row_of(old) end;
    after jsonb := case when tg_op <> 'DELETE' then melotech.row_of(new) end;
    of_schema name := tg_table_schema;
    of_table name := tg_table_name;
begin
    if pg_partition_root(tg_relid) <> tg_relid then
        select relnamespace::regnamespace, relname into of_schema, of_table
          from pg_class where oid = pg_partition_root(tg_relid);
    end if;
    if tg_op = 'UPDATE' and before ->> 'id' <> after ->> 'id' then
        -- Another submission from now on, and the one it was is no more.
        perform melotech.keep('DELETE', of_schema, of_table, null, before);
        perform melotech.keep('INSERT', of_schema, of_table, after, null);
    else
        perform melotech.keep(tg_op, of_schema, of_table, after, before);
    end if;
    return null;
end
$$;

create or replace function melotech.keep(
    operation text, table_schema text, table_name text, after jsonb, before jsonb
) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    kept bigint;
begin
    insert into melotech.webhook_outbox (event_id, row_key, payload)
    values (
        'msg_' || replace(gen_random_uuid()::text, '-', ''),
        coalesce(after ->> 'id', before ->> 'id', ''),
        (jsonb_build_object(
            'type', operation, 'table', table_name, 'schema', table_schema,
            'record', after, 'old_record', before
        ) || melotech.actor()
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
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    execute format(
        'select melotech.keep(''DELETE'', %L, %L, null, melotech.row_of(gone)) from %I.%I gone',
        tg_table_schema, tg_table_name, tg_table_schema, tg_table_name);
    return null;
end
$$;

-- 3. Signing -------------------------------------------------------------------------

create or replace function melotech.version_of(extension text) returns int[]
language sql stable set search_path = pg_catalog, pg_temp as $$
    select string_to_array((regexp_match(extversion, '^\d+(?:\.\d+)*'))[1], '.')::int[]
      from pg_extension where extname = extension
$$;

-- A relation's oid; null where there is none, or we have no way to it.
create or replace function melotech.reachable(schema_name text, relation text) returns oid
language sql stable set search_path = pg_catalog, pg_temp as $$
    select c.oid from pg_class c
     where c.relnamespace = to_regnamespace(schema_name) and c.relname = relation
       and has_schema_privilege(c.relnamespace, 'usage')
       and has_table_privilege(c.oid, 'select')
$$;

-- What the secret is, and where it is kept: in Vault where there is one.
create or replace function melotech.secret(out value text, out keeper text)
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
    if melotech.reachable('vault', 'decrypted_secrets') is not null then
        execute 'select decrypted_secret from vault.decrypted_secrets where name = $1'
           into value using 'melotech_webhook_secret';
        keeper := 'vault';
    end if;
    if value is null then
        select endpoint.secret, 'table' into value, keeper
          from melotech.webhook_endpoint endpoint where endpoint.secret is not null;
    end if;
end
$$;

create or replace function melotech.keep_secret(secret text) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    kept uuid;
begin
    if melotech.reachable('vault', 'decrypted_secrets') is null then
        update melotech.webhook_endpoint set secret = keep_secret.secret;
        return;
    end if;
    execute 'select id from vault.decrypted_secrets where name = $1'
       into kept using 'melotech_webhook_secret';
    if kept is null then
        execute 'select vault.create_secret($1, $2)'
          using keep_secret.secret, 'melotech_webhook_secret';
    else
        execute 'select vault.update_secret($1, $2)' using kept, keep_secret.secret;
    end if;
    update melotech.webhook_endpoint set secret = null;
end
$$;

-- The key that a secret stands for: Standard Webhooks' base64, or the text itself.
create or replace function melotech.key_of(secret text) returns bytea
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
    if secret like 'whsec\_%' then
        return decode(
            rpad(substr(secret, 7), (length(secret) - 6 + 3) / 4 * 4, '='), 'base64');
    end if;
    return convert_to(secret, 'UTF8');
end
$$;

-- pgcrypto is in `extensions` on Supabase and in `public` elsewhere: bound once, here.
create or replace function melotech.bind_pgcrypto() returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    home text;
begin
    if melotech.version_of('pgcrypto') is null then
        execute format('create extension pgcrypto with schema %I',
            case when to_regnamespace('extensions') is null
                 then 'public' else 'extensions' end);
    end if;
    select extnamespace::regnamespace::text into home
      from pg_extension where extname = 'pgcrypto';
    execute format(
        'create or replace function melotech.hmac_sha256(message text, key bytea)
         returns bytea language plpgsql immutable set search_path = pg_catalog, pg_temp as
         ''begin return %s.hmac(convert_to(message, ''''UTF8''''), key, ''''sha256''''); end''',
        home);
    revoke all on function melotech.hmac_sha256 from public;
end
$$;

create or replace function melotech.headers_of(
    event_id text, sequence bigint, payload text, moment text, key bytea
) returns jsonb
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
    return jsonb_build_object(
        'Content-Type', 'application/json',
        'webhook-id', event_id,
        'webhook-timestamp', moment,
        'webhook-signature', 'v1,' || encode(melotech.hmac_sha256(
            event_id || '.' || moment || '.' || payload, key), 'base64'),
        'X-Signature', encode(melotech.hmac_sha256(payload, key), 'hex'),
        'X-Change-Sequence', sequence::text
    );
end
$$;

-- 4. Sending -------------------------------------------------------------------------

-- Which life of pg_net's queue this is; one that is new gets a name.
create or replace function melotech.current_run() returns uuid
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    here oid := to_regclass('net.http_request_queue');
    found_run uuid;
begin
    select run into found_run from melotech.webhook_run where queue = here limit 1;
    if found_run is null then
        insert into melotech.webhook_run (queue) values (here) returning run into found_run;
    end if;
    return found_run;
end
$$;

-- Give pg_net what is due, oldest first, as far as there is room; return how many.
-- `writer` narrows it to the changes of one transaction.
create or replace function melotech.send_due(
    first_sequence bigint default 0, writer xid8 default null
) returns int
language plpgsql set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
-- Row by row in the order of the indexes, up to the limit: the planner, who does not know how
-- much waits, would rather collect and sort it all, and look for the oldest of each.
set enable_bitmapscan = off set enable_sort = off as $$
declare
    endpoint melotech.webhook_endpoint;
    room int;
    key bytea;
    this_run uuid;
    due record;
    request bigint;
    given int := 0;
    moment timestamptz := clock_timestamp();
begin
    select * into endpoint from melotech.webhook_endpoint;
    if endpoint.url is null then
        return 0;
    end if;
    select endpoint.max_in_flight - count(*) into room from melotech.webhook_outbox
     where request_id is not null and delivered_at is null;
    for due in
        select o.sequence, o.event_id, o.payload
          from melotech.webhook_outbox o
         where o.delivered_at is null and o.request_id is null
           and o.sequence >= first_sequence and o.due_at <= moment
           and (writer is null or o.transaction_id = writer)
           -- In the order of the row: only its oldest. It is looked for by pairs, since
           -- only the index by row has them in this order: no statistics, however old,
           -- can lead to a walk through the whole backlog.
           and (o.refused or o.sequence = (
                select older.sequence from melotech.webhook_outbox older
                 where (older.row_key, older.sequence) >= (o.row_key, 0)
                   and older.delivered_at is null and not older.refused
                   and isfinite(older.due_at)
                 order by older.row_key, older.sequence limit 1))
         order by o.sequence
         limit greatest(room, 0)
           for update skip locked
    loop
        key := coalesce(key, melotech.key_of((melotech.secret()).value));
        this_run := coalesce(this_run, melotech.current_run());
        request := net.http_post(
            url := endpoint.url,
            body := due.payload::jsonb,
            headers := melotech.headers_of(due.event_id, due.sequence, due.payload,
                floor(extract(epoch from moment))::bigint::text, key),
            timeout_milliseconds := endpoint.timeout_ms);
        update melotech.webhook_outbox
           set request_id = request, run = this_run, sent_at = moment,
               attempts = attempts + 1
         where sequence = due.sequence;
        given := given + 1;
    end loop;
    return given;
end
$$;

-- 5. Hearing what became of it -------------------------------------------------------

-- Why an attempt failed; null where it did not. Only these three columns of pg_net's
-- answer are ever read: `content` may be no text at all, and then no query can hold it.
create or replace function melotech.reason_of(
    status int, timed_out boolean, error_msg text
) returns text
language sql immutable set search_path = pg_catalog, pg_temp as $$
    select case
        when status between 200 and 299 then null
        when status is not null then 'HTTP ' || status
        when timed_out then 'no answer in time'
        else left(coalesce(error_msg, 'no answer'), 200)
    end
$$;

-- How long to wait after so many attempts. What the receiver refuses is tried again too,
-- seldom: a wrong secret or address, once mended, must not have cost a change.
create or replace function melotech.delay_after(
    attempts int, status int, first_delay interval, max_delay interval
) returns interval
language sql volatile set search_path = pg_catalog, pg_temp as $$
    select (0.75 + random() / 4) * case
        when status between 400 and 499 and status not in (408, 425, 429) then max_delay
        else least(max_delay, first_delay * power(2, least(attempts, 20) - 1))
    end
$$;

-- Note the answers that pg_net has; `keys` narrows it to some rows' changes.
create or replace function melotech.settle(keys text[] default null) returns void
language plpgsql set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan as $$
declare
    endpoint melotech.webhook_endpoint;
    mine bigint[];
    oldest timestamptz;
    heard record;
begin
    -- First the locks, then the look: a queue and its answers are seen by one snapshot
    -- that is younger than every claim.
    select array_agg(locked.sequence), min(locked.sent_at) into mine, oldest from (
        select sequence, sent_at from melotech.webhook_outbox
         where request_id is not null and delivered_at is null
           and (keys is null or row_key = any (keys))
           for update skip locked) locked;
    if mine is null then
        return;
    end if;
    select * into endpoint from melotech.webhook_endpoint;
    for heard in
        with answers as materialized (
            select id, status_code, timed_out, error_msg from net._http_response
             where created > oldest - interval '1 minute')
        select o.sequence, o.attempts, o.sent_at, known.run is null as forgotten,
               r.id is not null as answered, q.id is not null as queued,
               r.status_code, r.timed_out, r.error_msg
          from melotech.webhook_outbox o
          left join melotech.webhook_run known
            on known.run = o.run and known.queue = to_regclass('net.http_request_queue')
          left join answers r on r.id = o.request_id
          left join net.http_request_queue q on q.id = o.request_id
         where o.sequence = any (mine)
    loop
        if heard.forgotten or not heard.answered and not heard.queued
           and melotech.is_lost(heard.sent_at, endpoint.timeout_ms) then
            update melotech.webhook_outbox
               set request_id = null, due_at = clock_timestamp(),
                   last_error = 'pg_net lost the request'
             where sequence = heard.sequence;
        elsif heard.answered and heard.status_code between 200 and 299 then
            update melotech.webhook_outbox
               set request_id = null, delivered_at = clock_timestamp(), last_error = null
             where sequence = heard.sequence;
        elsif heard.answered then
            update melotech.webhook_outbox
               set request_id = null,
                   refused = coalesce(heard.status_code in (400, 413, 422), false),
                   due_at = clock_timestamp() + melotech.delay_after(heard.attempts,
                       heard.status_code, endpoint.first_delay, endpoint.max_delay),
                   last_error = melotech.reason_of(
                       heard.status_code, heard.timed_out, heard.error_msg)
             where sequence = heard.sequence;
        end if;
    end loop;
end
$$;

-- Whether a request that is neither queued nor answered will never be. From 0.18 on a
-- request leaves the queue and is answered in one transaction; before, it is in neither
-- while it is under way, so only time tells.
create or replace function melotech.is_lost(sent_at timestamptz, timeout_ms int)
returns boolean
language sql volatile set search_path = pg_catalog, pg_temp as $$
    select melotech.version_of('pg_net') >= '{0,18}'
        or sent_at < clock_timestamp() - make_interval(secs => timeout_ms / 1000.0 + 10)
$$;

-- 6. The clock -----------------------------------------------------------------------

-- Collect, send what is due, tidy up. Several at once do no harm: one works.
create or replace function melotech.tick() returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    problem text;
begin
    if not pg_try_advisory_xact_lock(6357029448671302) then
        return;
    end if;
    begin
        if to_regclass('net.http_request_queue') is not null then
            perform melotech.settle();
        end if;
    exception when others then
        problem := sqlerrm;
    end;
    begin
        perform melotech.send_due();
    exception when others then
        problem := sqlerrm;
    end;
    begin
        perform melotech.prune();
    exception when others then
        problem := coalesce(problem, sqlerrm);
    end;
    update melotech.webhook_endpoint set fault = problem
     where fault is distinct from problem;
    if found and problem is not null then
        raise warning 'melotech: %', problem;
    end if;
end
$$;

-- Delivered changes go after a day, the history of our own cron job after an hour.
create or replace function melotech.prune() returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    endpoint melotech.webhook_endpoint;
    finished timestamptz;  -- a value, for an index is not searched by what may change
begin
    select * into endpoint from melotech.webhook_endpoint;
    finished := clock_timestamp() - endpoint.keep_delivered;
    delete from melotech.webhook_outbox where sequence in (
        select sequence from melotech.webhook_outbox
         where delivered_at < finished
         order by delivered_at limit 1000 for update skip locked);
    if melotech.reachable('cron', 'job_run_details') is null
       or endpoint.history_pruned_at > clock_timestamp() - interval '10 minutes' then
        return;
    end if;
    update melotech.webhook_endpoint set history_pruned_at = clock_timestamp();
    delete from cron.job_run_details
     where jobid in (select jobid from cron.job where jobname = 'melotech-webhooks')
       and end_time < clock_timestamp() - interval '1 hour';
end
$$;

-- Tick until the next run of the cron job takes over: cheaper than a connection a tick.
create or replace procedure melotech.run(seconds numeric, pause_ms int)
language plpgsql as $$
declare
    finish timestamptz := clock_timestamp() + make_interval(secs => seconds);
    started timestamptz;
begin
    loop
        started := clock_timestamp();
        perform melotech.tick();
        commit;
        exit when clock_timestamp() >= finish;
        -- A huge backlog makes for long ticks: never more than a fifth of the time.
        perform pg_sleep(greatest(pause_ms / 1000.0,
            4 * extract(epoch from clock_timestamp() - started)));
    end loop;
end
$$;

create or replace function melotech.schedule() returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    version int[] := melotech.version_of('pg_cron');
    -- pg_cron knows seconds from 1.5 on; so after a restart the clock is back sooner.
    pace text := case when version >= '{1,5}' then '10 seconds'
                      when version is not null then '* * * * *' end;
begin
    begin
        if pace is not null then
            perform cron.schedule('melotech-webhooks', pace,
                case pace when '* * * * *' then 'call melotech.run(57, 500)'
                          else 'call melotech.run(9, 500)' end);
        end if;
    exception when insufficient_privilege then
        raise notice 'pg_cron is not ours to use: %', sqlerrm;
        pace := null;
    end;
    if pace is null then
        raise notice 'without pg_cron a change is sent once when it is made, and again only '
            'with the next change. Enable pg_cron (Supabase: Database, Extensions) and '
            'run this script again.';
    end if;
    update melotech.webhook_endpoint set clock = pace where clock is distinct from pace;
end
$$;

-- 7. What you call -------------------------------------------------------------------

-- Set what is given and leave the rest; an empty url stops the push (for the relay alone).
create or replace function melotech.configure(
    url text default null,
    secret text default null,
    timeout_ms int default null,
    max_in_flight int default null,
    first_delay interval default null,
    max_delay interval default null,
    keep_delivered interval default null
) returns jsonb
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if configure.url <> '' then
        perform melotech.check_push(configure.url);
        perform melotech.bind_pgcrypto();
    end if;
    if configure.secret is not null then
        perform melotech.check_secret(configure.secret);
        perform melotech.keep_secret(configure.secret);
    end if;
    update melotech.webhook_endpoint e set
        url = nullif(coalesce(configure.url, e.url), ''),
        timeout_ms = coalesce(configure.timeout_ms, e.timeout_ms),
        max_in_flight = coalesce(configure.max_in_flight, e.max_in_flight),
        first_delay = coalesce(configure.first_delay, e.first_delay),
        max_delay = coalesce(configure.max_delay, e.max_delay),
        keep_delivered = coalesce(configure.keep_delivered, e.keep_delivered);
    if configure.url <> '' and (melotech.secret()).value is null then
        raise exception 'give the secret too: the ingest service has it as WEBHOOK_SECRET';
    end if;
    perform melotech.schedule();
    return melotech.status();
end
$$;

create or replace function melotech.check_push(url text) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if url !~ '^https?://[!-~]+$' then
        raise exception 'the url must be an http or https address, in plain ASCII';
    end if;
    if to_regclass('net.http_request_queue') is null then
        raise exception 'pg_net is not enabled, so nothing can be sent from here'
            using hint = 'Enable it (Supabase: Database, Extensions), or use the outbox '
                         'relay and leave the url empty.';
    end if;
end
$$;

create or replace function melotech.check_secret(secret text) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    -- Commas part secrets in WEBHOOK_SECRET.
    if secret !~ '^[^\s,]{8,}$' then
        raise exception 'the secret must have 8 characters or more, no spaces, no commas';
    end if;
    perform melotech.key_of(secret);
exception when invalid_parameter_value then
    raise exception 'the part of a whsec_ secret after the prefix must be base64';
end
$$;

-- What waits, oldest first, and why.
drop view if exists melotech.webhook_backlog;
create view melotech.webhook_backlog as
select o.sequence, o.event_id, o.row_key, o.created_at,
       clock_timestamp() - o.created_at as age, o.attempts,
       case when o.request_id is not null then 'in flight'
            when not isfinite(o.due_at) then 'set aside'  -- by the outbox relay
            when o.refused then 'refused'
            when o.last_error is not null then 'failing'
            when exists (
                select from melotech.webhook_outbox older
                 where older.row_key = o.row_key and older.sequence < o.sequence
                   and older.delivered_at is null and not older.refused
                   and isfinite(older.due_at))
            then 'behind an older change' else 'waiting' end as state,
       o.due_at as next_attempt, o.last_error
  from melotech.webhook_outbox o
 where o.delivered_at is null
 order by o.sequence;

create or replace function melotech.status() returns jsonb
language sql volatile set search_path = pg_catalog, pg_temp as $$
    select jsonb_build_object(
        'undelivered', count(*),
        'oldest_seconds', extract(epoch from clock_timestamp() - min(o.created_at))::int,
        'in_flight', count(*) filter (where o.request_id is not null),
        'failing', count(*) filter (where o.last_error is not null),
        'refused', count(*) filter (where o.refused),
        'last_delivered_at', (select max(delivered_at) from melotech.webhook_outbox
                               where delivered_at is not null),
        'url', (select url from melotech.webhook_endpoint),
        'secret', (select keeper from melotech.secret()),
        'clock', (select clock from melotech.webhook_endpoint),
        'fault', (select fault from melotech.webhook_endpoint))
      from melotech.webhook_outbox o
     where o.delivered_at is null
$$;

-- Do not wait for the next attempt; return how many changes that concerns.
create or replace function melotech.retry_now() returns int
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    hurried int;
begin
    update melotech.webhook_outbox set due_at = clock_timestamp()
     where delivered_at is null and request_id is null and due_at > clock_timestamp();
    get diagnostics hurried = row_count;
    perform melotech.tick();
    return hurried;
end
$$;

-- 8. The triggers --------------------------------------------------------------------

-- Send a statement's own changes at once. Whatever goes wrong here is a warning: the
-- change is kept, and tick() will send it. Nobody waits long for a lock here.
create or replace function melotech.push(first_sequence bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
set lock_timeout = '250ms' as $$
declare
    endpoint melotech.webhook_endpoint;
    writer xid8 := pg_current_xact_id();
    keys text[];
begin
    select * into endpoint from melotech.webhook_endpoint;
    -- A stricter transaction sees an old outbox, and could fail for having looked.
    if current_setting('transaction_isolation') <> 'read committed' then
        return;
    end if;
    if endpoint.clock is null then
        perform melotech.tick();
    end if;
    if endpoint.url is null then
        return;
    end if;
    select array_agg(distinct row_key) into keys from melotech.webhook_outbox
     where sequence >= first_sequence and transaction_id = writer
       and delivered_at is null;
    perform melotech.settle(keys);
    perform melotech.send_due(first_sequence, writer);
exception when others then
    raise warning 'melotech: the change is kept and will be sent later: %', sqlerrm;
end
$$;

create or replace function melotech.after_statement() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    first_sequence text := current_setting('melotech.first_sequence', true);
begin
    if coalesce(first_sequence, '') <> '' then
        perform set_config('melotech.first_sequence', '', true);
        perform pg_notify('melotech_outbox', '');
        -- Anybody may set it, to anything.
        perform melotech.push(
            coalesce(substring(first_sequence, '^\d{1,18}$'), '0')::bigint);
    end if;
    return null;
end
$$;

-- Watch a table; `submissions` is watched below, this is for one that is called otherwise.
create or replace function melotech.watch(watched regclass) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if not exists (select from pg_attribute where attrelid = watched
                   and attname = 'id' and not attisdropped) then
        raise exception '% has no column "id", by which its rows are told apart', watched;
    end if;
    if (select relnamespace from pg_class where oid = watched)
       <> to_regnamespace('public') then
        raise exception '% is not in the schema public: its changes would be ignored', watched;
    end if;
    -- The first of all triggers, by its name: where another changes the row once more, that
    -- change must not be written down before this one.
    execute format(
        'create or replace trigger "0_melotech_keep_change"
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

-- 9. Installing it -------------------------------------------------------------------

do $$
declare
    wanted text;
begin
    foreach wanted in array array['pg_net', 'pg_cron'] loop
        if melotech.version_of(wanted) is null
           and exists (select from pg_available_extensions where name = wanted) then
            begin
                execute format('create extension %I', wanted);
            exception when others then
                raise notice '% is not enabled: %', wanted, sqlerrm;
            end;
        end if;
    end loop;
end
$$;

-- What the earlier signed_webhook.sql left: its address and secret are taken over, and it
-- stops in the same moment as this starts.
do $$
declare
    old_url text;
    old_secret text;
begin
    if to_regclass('melotech.webhook_settings') is not null then
        execute 'select url, secret from melotech.webhook_settings'
           into old_url, old_secret;
        if old_url is not null then
            perform melotech.configure(url := old_url, secret := old_secret);
        end if;
        drop table melotech.webhook_settings;
    end if;
    drop function if exists melotech.send_signed_webhook() cascade;
    if to_regclass('public.submissions') is null then
        raise notice 'there is no public.submissions: select melotech.watch(''your.table'')';
    else
        perform melotech.watch('public.submissions');
    end if;
    if (select url from melotech.webhook_endpoint) is not null then
        perform melotech.bind_pgcrypto();
    end if;
    perform melotech.schedule();
end
$$;

-- 10. Nobody but the owner -----------------------------------------------------------

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

-- But the services' key may ask which version of this is here: PostgREST serves `public`.
create or replace function public.melotech_pack_version() returns int
language sql stable set search_path = pg_catalog, pg_temp as $$
    select substring(obj_description(to_regnamespace('melotech'), 'pg_namespace')
                     from 'pack ([0-9]+)')::int
$$;
do $$
declare
    role text;
begin
    -- Supabase gives each new function of this schema to these by default.
    foreach role in array array['public', 'anon', 'authenticated'] loop
        if role = 'public' or to_regrole(role) is not null then
            execute format(
                'revoke all on function public.melotech_pack_version from %s', role);
        end if;
    end loop;
    if to_regrole('service_role') is not null then
        grant execute on function public.melotech_pack_version to service_role;
    end if;
end
$$;
