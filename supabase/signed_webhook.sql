-- Signed webhooks for MeloTech Real-time: paste into Supabase's SQL editor.
--
-- Supabase's own Database Webhooks carry fixed headers and cannot sign. This trigger
-- posts the same payload with Standard Webhooks headers and X-Signature, computed over
-- the very bytes that pg_net sends (payload::text). Running it again changes nothing.
--
-- Afterwards, once:
--   insert into melotech.webhook_settings (url, secret)
--   values ('https://your-host/webhook/submission-update', 'whsec_...')
--   on conflict (only_one) do update set url = excluded.url, secret = excluded.secret;

create extension if not exists pg_net;
create schema if not exists extensions;
create extension if not exists pgcrypto with schema extensions;

-- Nobody but the owner may read the secret; trigger arguments, by contrast, are readable
-- by every role.
create schema if not exists melotech;
revoke all on schema melotech from public;

create table if not exists melotech.webhook_settings (
    only_one boolean primary key default true check (only_one),
    url text not null,
    secret text not null check (secret like 'whsec_%')
);
revoke all on melotech.webhook_settings from public;

create or replace function melotech.send_signed_webhook() returns trigger
language plpgsql security definer
set search_path = extensions, public, pg_temp
as $$
declare
    settings melotech.webhook_settings;
    payload jsonb;
    key bytea;
    id text := 'msg_' || replace(gen_random_uuid()::text, '-', '');
    moment text := floor(extract(epoch from clock_timestamp()))::bigint::text;
begin
    select * into settings from melotech.webhook_settings;
    if not found then
        return null;
    end if;
    key := decode(substr(settings.secret, 7), 'base64');
    payload := jsonb_build_object(
        'type', tg_op,
        'table', tg_table_name,
        'schema', tg_table_schema,
        'record', case when tg_op = 'DELETE' then null else to_jsonb(new) end,
        'old_record', case when tg_op = 'INSERT' then null else to_jsonb(old) end
    );
    perform net.http_post(
        url := settings.url,
        body := payload,
        headers := jsonb_build_object(
            'Content-Type', 'application/json',
            'webhook-id', id,
            'webhook-timestamp', moment,
            'webhook-signature', 'v1,' || encode(
                hmac(convert_to(id || '.' || moment || '.' || payload::text, 'UTF8'),
                     key, 'sha256'), 'base64'),
            'X-Signature', encode(
                hmac(convert_to(payload::text, 'UTF8'), key, 'sha256'), 'hex')
        ),
        timeout_milliseconds := 5000
    );
    return null;
exception when others then
    -- The artist's or reviewer's own statement must never fail for a webhook's sake.
    raise warning 'melotech webhook not sent: %', sqlerrm;
    return null;
end
$$;
revoke all on function melotech.send_signed_webhook() from public;

drop trigger if exists melotech_signed_webhook on public.submissions;
create trigger melotech_signed_webhook
    after insert or update or delete on public.submissions
    for each row execute function melotech.send_signed_webhook();
