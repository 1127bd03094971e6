-- What pg_net 0.20 shows of itself: queue, answers, http_post. The sending is the
-- worker's (python -m devstack.pgnet). Needs a superuser: it enters itself among the
-- extensions, so that whoever asks for pg_net's version is answered.

create schema if not exists net;

create unlogged table if not exists net.http_request_queue (
    id bigserial,
    method text not null,
    url text not null,
    headers jsonb,
    body bytea,
    timeout_milliseconds int not null
);

create unlogged table if not exists net._http_response (
    id bigint,
    status_code integer,
    content_type text,
    headers jsonb,
    content text,
    timed_out bool,
    error_msg text,
    created timestamptz not null default now()
);
create index if not exists _http_response_created_idx on net._http_response (created);

create or replace function net.http_post(
    url text,
    body jsonb default '{}',
    params jsonb default '{}',
    headers jsonb default '{"Content-Type": "application/json"}',
    timeout_milliseconds int default 5000
) returns bigint
language plpgsql as $$
declare
    request_id bigint;
begin
    if headers ->> 'Content-Type' is distinct from 'application/json' then
        raise exception 'Content-Type header must be "application/json"';
    end if;
    if url !~ '^[A-Za-z]+://' then
        raise exception 'invalid URL %: Bad scheme', url;
    end if;
    insert into net.http_request_queue (method, url, headers, body, timeout_milliseconds)
    values ('POST', url, headers, convert_to(body::text, 'UTF8'), timeout_milliseconds)
    returning id into request_id;
    perform pg_notify('net_wake', '');
    return request_id;
end
$$;

grant usage on schema net to public;
grant all on all tables in schema net to public;
grant all on all sequences in schema net to public;

insert into pg_catalog.pg_extension
    (oid, extname, extowner, extnamespace, extrelocatable, extversion)
select max(oid::int) + 1, 'pg_net', 10, 'net'::regnamespace, false, '0.20.4'
  from pg_catalog.pg_extension
having not bool_or(extname = 'pg_net');
