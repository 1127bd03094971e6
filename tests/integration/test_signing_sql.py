"""The trigger on a real PostgreSQL: the ingest service believes what it signs."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from shared import signature
from shared.signature import Verified

SCRIPT = Path(__file__).parents[2] / "supabase" / "signed_webhook.sql"
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
URL = "https://melotech.test/webhook/submission-update"

#: What pg_net does with a request, as far as the trigger can tell.
NET = """
create schema if not exists net;
create table if not exists net.sent (n bigserial, url text, body text, headers jsonb);
create or replace function net.http_post(
    url text, body jsonb, headers jsonb, timeout_milliseconds int
) returns bigint language sql as $$
    insert into net.sent (url, body, headers) values ($1, $2::text, $3) returning n
$$;
create table if not exists public.submissions (
    id uuid primary key default gen_random_uuid(), title text, status text,
    price numeric, big bigint, updated_at timestamptz
);
do $$ begin create role writer login; exception when duplicate_object then end $$;
grant all on public.submissions to writer;
"""


@pytest.fixture
def database(postgres):
    postgres.sql(NET)
    script = SCRIPT.read_text().replace("create extension if not exists pg_net;", "")
    for _ in range(2):  # running it again changes nothing
        postgres.sql(script)
    postgres.sql(
        "delete from melotech.webhook_settings;"
        "insert into melotech.webhook_settings (url, secret)"
        f" values ('{URL}', '{SECRET}');"
        "truncate public.submissions; truncate net.sent;"
    )
    return postgres


def sent(database):
    rows = database.sql("select json_build_array(url, body, headers) from net.sent")
    return [json.loads(line) for line in rows.split("\n") if line]


def test_every_change_is_sent_signed_in_both_styles(database):
    database.sql(
        """
        insert into submissions (title, status, price, big)
        values (E'Café "🎧" \\\\ \\u2028\\u0001', 'pending', 1.10, 9007199254740993);
        update submissions set status = 'approved', updated_at = now();
        delete from submissions;
        """,
        user="writer",
    )

    requests = sent(database)

    assert [json.loads(body)["type"] for _, body, _ in requests] == [
        "INSERT",
        "UPDATE",
        "DELETE",
    ]
    for url, text, headers in requests:
        body = text.encode()
        lower = {name.lower(): value for name, value in headers.items()}
        verdict = signature.verify(
            body,
            lower,
            keys=signature.keys_of([SECRET]),
            now=time.time(),
            tolerance=60,
        )
        plain = {"x-signature": headers["X-Signature"]}
        keys = signature.keys_of([SECRET])
        Webhook(SECRET).verify(body, lower)

        assert url == URL
        assert verdict == Verified(headers["webhook-id"])
        assert (
            signature.verify(body, plain, keys=keys, now=0, tolerance=1) == Verified()
        )
        assert b"1.10" in body
        assert b"9007199254740993" in body


def test_a_fault_of_the_webhook_never_fails_the_writer(database):
    database.sql("update melotech.webhook_settings set secret = 'whsec_not base64!'")

    database.sql("insert into submissions (title) values ('kept')", user="writer")

    assert database.sql("select count(*) from submissions") == "1"
    assert sent(database) == []


def test_writers_cannot_read_the_secret(database):
    with pytest.raises(AssertionError, match="permission denied"):
        database.sql("select secret from melotech.webhook_settings", user="writer")
