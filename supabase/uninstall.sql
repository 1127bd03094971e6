-- Takes MeloTech's webhooks out of the database, and leaves your tables as they are.
-- Paste it into Supabase's SQL editor. Changes that are not delivered yet are forgotten:
-- `select melotech.status()` tells how many there are.
-- The extensions pg_net, pg_cron and pgcrypto stay: others may use them.

do $$
declare
    watched regclass;
begin
    -- First what writers lock first: the other way round one of us would be the victim.
    for watched in
        select distinct t.tgrelid from pg_trigger t join pg_proc f on f.oid = t.tgfoid
         where f.pronamespace = to_regnamespace('melotech') order by 1
    loop
        execute format('lock table %s in access exclusive mode', watched);
    end loop;
end
$$;

do $$
begin
    if to_regnamespace('cron') is not null
       and has_schema_privilege('cron', 'usage') then
        delete from cron.job_run_details where jobid in (
            select jobid from cron.job where jobname = 'melotech-webhooks');
        perform cron.unschedule(jobid) from cron.job where jobname = 'melotech-webhooks';
    end if;
    if to_regnamespace('vault') is not null
       and has_schema_privilege('vault', 'usage') then
        delete from vault.secrets where name = 'melotech_webhook_secret';
    end if;
end
$$;

-- The triggers go with their functions, those of the earlier signed_webhook.sql too.
drop schema if exists melotech cascade;
drop function if exists public.melotech_pack_version();
