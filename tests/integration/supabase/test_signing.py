"""The whole way: a change, signed by SQL, is believed by the running ingest service."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from shared import signature
from tests.integration.supabase.conftest import SCRIPT, TABLES, configure
from tests.plugins.changes import read_events, read_stream
from tests.plugins.services import ROOT, SECRET, start_ingest, until

WRITES = r"""
insert into submissions (title, price, big, wide, files) values
    (E'Café "🎧" \\ \u2028\u0001 <b>&', 1.10, 9007199254740993, 1e300, '{a,"b c"}'),
    (null, 'NaN', -1, 1e-7, null);
update submissions set status = 'approved', updated_at = now();
update submissions set title = repeat('ж', 20000) where title is null;
delete from submissions;
"""


@pytest.fixture(scope="module")
def bus_url(bus_url_for_module):
    return bus_url_for_module


@pytest.fixture(scope="module")
def ingest(start_for_module, bus_url):
    return start_ingest(start_for_module, bus_url)


@pytest.fixture(scope="module")
def database(postgres):
    """A database with the pack, and a running pg_net and pg_cron."""
    database = postgres.create_database("pack_signing")
    database.run(TABLES)
    environ = {"PATH": os.environ["PATH"], "PGNET_DSN": database.dsn()}
    process = subprocess.Popen(
        [sys.executable, "-m", "devstack.pgnet"],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout.readline() == b"ready\n"
        database.run(SCRIPT)
        yield database
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


def all_delivered(database):
    told = database.one("select melotech.status()")
    return told["undelivered"] == 0 and told["last_delivered_at"]


@pytest.mark.parametrize("secret", [SECRET, SECRET.rstrip("="), "a_plain_text_secret"])
def test_every_change_is_believed_and_named_by_its_webhook_id(
    database, start, bus_url, secret
):
    ingest = start_ingest(start, bus_url, WEBHOOK_SECRET=secret)
    configure(database, f"{ingest.url}/webhook/submission-update", secret)
    before = database.one(
        "select coalesce(max(sequence), 0) from melotech.webhook_outbox"
    )

    database.run(WRITES, user="artist")

    until(lambda: all_delivered(database))
    ids = database.rows(
        "select event_id from melotech.webhook_outbox where sequence > %s", before
    )
    answers = database.rows("select distinct status_code from net._http_response")
    assert answers == [202]
    assert len(ids) == 7
    assert set(ids) <= set(read_stream(bus_url))


def test_secret_is_rotated_without_a_change_refused(database, start, bus_url):
    later = "the-later-secret"
    ingest = start_ingest(start, bus_url, WEBHOOK_SECRET=f"{later},{SECRET}")
    for secret in (SECRET, later):
        configure(database, f"{ingest.url}/webhook/submission-update", secret)
        database.run(WRITES)
        until(lambda: all_delivered(database))

    assert database.rows("select distinct status_code from net._http_response") == [202]


def test_changes_made_while_the_service_is_down_arrive_once_it_is_back(
    database, ingest, bus_url
):
    configure(
        database,
        f"{ingest.url}/webhook/submission-update",
        first_delay="100 milliseconds",
        max_delay="1 second",
    )
    ingest.stop()
    database.run(WRITES)
    until(lambda: database.one("select melotech.status()")["failing"])
    ingest.start()

    until(lambda: all_delivered(database), timeout=60)
    ids = database.rows(
        "select event_id from melotech.webhook_outbox order by sequence desc limit 7"
    )
    assert set(ids) <= set(read_stream(bus_url))
    assert database.one("select max(attempts) from melotech.webhook_outbox") > 1


def test_second_webhook_on_the_table_has_the_same_fingerprint(
    database, ingest, bus_url
):
    """A webhook of other making beside ours: readers know the change by it."""
    configure(database, f"{ingest.url}/webhook/submission-update")
    key = signature.keys_of([SECRET])[0].hex()
    database.run(
        f"""
        create function other_webhook() returns trigger language plpgsql as $$
        declare body jsonb := jsonb_build_object('type', tg_op, 'table', tg_table_name,
            'schema', tg_table_schema, 'record', to_jsonb(new), 'old_record', null);
        begin
            perform net.http_post(
                url := '{ingest.url}/webhook/submission-update', body := body,
                headers := jsonb_build_object('Content-Type', 'application/json',
                    'X-Signature', encode(extensions.hmac(
                        convert_to(body::text, 'UTF8'), '\\x{key}', 'sha256'), 'hex')));
            return null;
        end $$;
        create trigger other after insert on submissions
            for each row execute function other_webhook();
        insert into submissions (title) values ('told twice');
        """
    )

    def told():
        events = [e for e in read_events(bus_url) if e.data.title == "told twice"]
        return events if len(events) == 2 else None

    first, second = until(told)
    assert first.id != second.id
    assert first.fingerprint == second.fingerprint
