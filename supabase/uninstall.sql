-- Takes MeloTech's webhooks out of the database, and leaves your tables as they are.
-- Paste it into Supabase's SQL editor. Changes that are not delivered yet are forgotten:
-- `select melotech.status()` tells how many there are.
-- The extensions pg_net, pg_cron and pgcrypto stay: others may use them.

do $$
begin
    if to_regclass('cron.job') is not null then
        perform cron.unschedule(jobid) from cron.job where jobname = 'melotech-webhooks';
    end if;
    if to_regclass('vault.secrets') is not null then
        delete from vault.secrets where name = 'melotech_webhook_secret';
    end if;
end
$$;

-- The triggers go with their functions, those of the earlier signed_webhook.sql too.
drop schema if exists melotech cascade;
