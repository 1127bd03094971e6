-- What pg_cron shows of itself; the worker calls what is due. Version 1.6 unless the row
-- in pg_extension is told otherwise: seconds are refused before 1.5, as there.

create schema if not exists cron;

create table if not exists cron.job (
    jobid bigserial primary key,
    schedule text not null,
    command text not null,
    username text not null default current_user,
    active boolean not null default true,
    jobname text,
    unique (jobname, username)
);

create table if not exists cron.job_run_details (
    jobid bigint,
    runid bigserial primary key,
    command text,
    status text,
    return_message text,
    start_time timestamptz,
    end_time timestamptz
);

create or replace function cron.schedule(job_name text, schedule text, command text)
returns bigint
language plpgsql as $$
declare
    version text := (select extversion from pg_extension where extname = 'pg_cron');
    id bigint;
begin
    if schedule ~ 'seconds$' and string_to_array(version, '.')::int[] < '{1,5}' then
        raise exception 'invalid schedule: %', schedule;
    end if;
    insert into cron.job as old (jobname, schedule, command)
    values (job_name, schedule, command)
    on conflict (jobname, username) do update
       set schedule = excluded.schedule, command = excluded.command
    returning jobid into id;
    return id;
end
$$;

create or replace function cron.unschedule(job_id bigint) returns boolean
language sql as $$
    delete from cron.job where jobid = job_id returning true
$$;

insert into pg_catalog.pg_extension
    (oid, extname, extowner, extnamespace, extrelocatable, extversion)
select max(oid::int) + 1, 'pg_cron', 10, 'pg_catalog'::regnamespace, false, '1.6'
  from pg_catalog.pg_extension
having not bool_or(extname = 'pg_cron');
