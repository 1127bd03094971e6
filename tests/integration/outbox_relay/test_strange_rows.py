"""Rows that are no events are set aside, and batches are bounded."""

from __future__ import annotations

import json

import psycopg
import pytest

from ingest_service.outbox_relay import outbox as outbox_module
from tests.plugins.changes import read_stream
from tests.plugins.outbox import health_of, payload
from tests.plugins.services import until

STRANGE = {
    "another table": payload("s-1").replace('"submissions"', '"users"'),
    "no JSON": "{",
    "no id": payload("s-1").replace('"id": "s-1", ', ""),
    "too large": payload("s-1", feedback="x" * 1_048_576),
    "too deep": payload("s-1", feedback=[]).replace("[]", "[" * 99 + "]" * 99),
}


@pytest.mark.parametrize("body", STRANGE.values(), ids=STRANGE.keys())
def test_row_that_is_no_event_is_set_aside_and_shown_and_blocks_nobody(
    relay, bus_url, outbox, body
):
    [strange] = outbox.write(body)
    normal = outbox.change("s-1")

    until(lambda: outbox.undelivered() == [strange])

    assert read_stream(bus_url) == [normal]
    [(reason, refused)] = outbox.ask(
        "select last_error, refused from melotech.webhook_outbox where event_id = %s",
        strange,
    )
    assert reason
    assert refused
    until(lambda: health_of(relay)["status"] == "degraded")
    assert health_of(relay)["outbox"]["set_aside"] == 1
    assert relay.is_ready()
    lines = [json.loads(line) for line in relay.output().splitlines()]
    told = [line for line in lines if line["event"] == "relay.set-aside"]
    assert [line["event_id"] for line in told] == [strange]
    assert "approved" not in relay.output()


def test_event_id_that_nobody_could_carry_is_set_aside(relay, outbox):
    outbox.write(payload("s-1"), payload("s-1"), event_ids=("no id", "x" * 1000))

    until(lambda: health_of(relay)["outbox"]["set_aside"] == 2)


def test_what_was_set_aside_and_is_due_again_is_published(relay, bus_url, outbox):
    [mended] = outbox.write("{")
    aside = "select 1 from melotech.webhook_outbox where due_at = 'infinity'"
    until(lambda: outbox.ask(aside))

    outbox.ask(
        "update melotech.webhook_outbox set payload = %s; ",
        payload("s-1"),
    )
    outbox.ask("select melotech.retry_now()")

    until(lambda: outbox.undelivered() == [])
    assert read_stream(bus_url) == [mended]


def test_claim_is_bounded_in_bytes_and_still_takes_the_first(outbox):
    size = outbox_module.BATCH_BYTES // 4 + 1
    outbox.write(*["x" * size] * 5, "x" * outbox_module.BATCH_BYTES * 2)
    reader = outbox_module.Outbox.open(outbox.dsn)

    claims = []
    while rows := reader.claim(at_most=100, max_payload=size):
        claims.append([row.payload is not None for row in rows])
        reader.settle([row.sequence for row in rows], {})
    reader.close()

    assert claims == [[True] * 3, [True] * 2, [False]]


def test_claim_reads_no_more_than_it_takes_however_old_the_statistics(outbox):
    outbox.change()
    outbox.ask("update melotech.webhook_outbox set delivered_at = now()")
    outbox.ask("alter table melotech.webhook_outbox set (autovacuum_enabled = off)")
    outbox.ask("analyze melotech.webhook_outbox")
    outbox.ask(
        "insert into melotech.webhook_outbox (event_id, row_key, payload)"
        " select n, n % 10, '' from generate_series(1, 5000) n"
    )

    with outbox.connect() as connection:
        connection.cursor_factory = psycopg.ClientCursor
        reader = outbox_module.Outbox(connection)
        rows = reader.claim(at_most=100, max_payload=1)
        [(read,)] = connection.execute(
            "select seq_tup_read + idx_tup_fetch from pg_stat_xact_user_tables"
            " where relname = 'webhook_outbox'"
        )

    assert len(rows) == 100
    assert read < 500
