"""What a write leaves in the outbox, and that nothing of ours can break the write."""

from __future__ import annotations

import json

import psycopg
import pytest

from devstack.pgnet import schema
from tests.integration.supabase.conftest import SCRIPT, configure


def payloads(database):
    found = database.rows(
        "select payload from melotech.webhook_outbox order by sequence"
    )
    return [json.loads(payload) for payload in found]


def test_each_change_of_a_row_is_written_down_in_order(database):
    database.run(
        """
        insert into submissions (title) values ('one');
        update submissions set title = 'two';
        update submissions set title = title;
        delete from submissions;
        """,
        user="artist",
    )

    changes = [
        (
            p["type"],
            (p["old_record"] or {}).get("title"),
            (p["record"] or {}).get("title"),
        )
        for p in payloads(database)
    ]
    assert changes == [
        ("INSERT", None, "one"),
        ("UPDATE", "one", "two"),
        ("UPDATE", "two", "two"),
        ("DELETE", "two", None),
    ]
    ids = database.rows("select event_id from melotech.webhook_outbox")
    assert all(len(name) == 36 and name.startswith("msg_") for name in ids)
    assert len(set(database.rows("select row_key from melotech.webhook_outbox"))) == 1


def test_payload_is_the_dashboards_byte_for_byte(database):
    database.run(
        """
        insert into submissions (title, price, wide, big, files) values
            (E'Café "🎧" \\\\ \\u2028\\u0001', 1.10, 1e300, 9007199254740993, '{a,"b"}')
        """
    )

    expected = database.one(
        "select jsonb_build_object('old_record', null, 'record', s, 'type', 'INSERT',"
        " 'table', 'submissions', 'schema', 'public')::text from submissions s"
    )
    assert database.one("select payload from melotech.webhook_outbox") == expected


ADMIN = "22222222-2222-4222-8222-222222222222"


@pytest.mark.parametrize(
    ("setting", "value", "user_id"),
    [
        ("request.jwt.claims", f'{{"sub": "{ADMIN}", "role": "x"}}', ADMIN),
        ("request.jwt.claim.sub", ADMIN, ADMIN),
        ("request.jwt.claims", '{"role": "service_role"}', None),
        ("request.jwt.claims", '{"sub": {"a": 1}}', None),
        ("request.jwt.claims", '{"sub": "\\u0000"}', None),
        ("request.jwt.claims", "[" * 100_000, None),
        ("request.jwt.claims", "not JSON", None),
        ("request.jwt.claims", "", None),
    ],
    ids=["claims", "old", "key", "object", "nul", "deep", "nonsense", "empty"],
)
def test_payload_says_whose_token_made_the_change_and_no_claim_stops_it(
    database, setting, value, user_id
):
    with database.connect() as connection, connection.transaction():
        connection.execute("select set_config(%s, %s, true)", (setting, value))
        connection.execute("insert into submissions (title) values ('one')")

    (payload,) = payloads(database)
    assert payload.get("user_id") == user_id
    assert ("user_id" in payload) is (user_id is not None)


def test_change_that_is_rolled_back_was_never_written(database):
    with database.connect() as connection:
        with connection.transaction(force_rollback=True):
            connection.execute("insert into submissions (title) values ('gone')")
        with connection.transaction():
            connection.execute("insert into submissions (title) values ('kept')")
            with connection.transaction(force_rollback=True):
                connection.execute("update submissions set title = 'undone'")
            connection.execute("update submissions set title = 'last'")

    titles = [payload["record"]["title"] for payload in payloads(database)]
    assert titles == ["kept", "last"]


def test_upsert_copy_and_writes_of_no_row(database):
    database.run("insert into submissions (id) values (gen_random_uuid())")
    one = database.one("select id from submissions")
    with database.connect() as connection:
        connection.execute("update submissions set title = 'x' where false")
        for action in ("nothing", "update set title = 'upserted'"):
            connection.execute(
                f"insert into submissions (id) values (%s)"
                f" on conflict (id) do {action}",
                (one,),
            )
        with connection.cursor().copy("copy submissions (title) from stdin") as copy:
            copy.write("a\nb\n")

    types = [payload["type"] for payload in payloads(database)]
    assert types == ["INSERT", "UPDATE", "INSERT", "INSERT"]


def test_trigger_that_changes_the_row_once_more_comes_after_its_first_change(database):
    database.run(
        """
        create function stamp() returns trigger language plpgsql as
        'begin update submissions set rating = 5 where id = new.id; return null; end';
        create trigger a_stamp after insert on submissions
            for each row execute function stamp();
        insert into submissions (title) values ('one');
        """
    )

    changes = [(p["type"], p["record"]["rating"]) for p in payloads(database)]
    assert changes == [("INSERT", None), ("UPDATE", 5)]


def test_row_that_is_given_another_id_goes_and_comes(database):
    old, new = f"{1:032x}", f"{2:032x}"
    database.run(f"insert into submissions (id) values ('{old}')")
    database.run(f"update submissions set id = '{new}'")

    changes = [
        (p["type"], (p["record"] or p["old_record"])["id"].replace("-", ""))
        for p in payloads(database)
    ]
    assert changes == [("INSERT", old), ("DELETE", old), ("INSERT", new)]


def test_change_of_a_partition_is_one_of_its_table(database):
    database.run(
        """
        alter table submissions rename to unparted;
        create table submissions (id bigint, title text) partition by range (id);
        create table submissions_1 partition of submissions for values from (0) to (9);
        create table submissions_2 partition of submissions for values from (9) to (99);
        select melotech.watch('public.submissions');
        insert into submissions values (1, 'one');
        insert into submissions_1 values (2, 'two');
        update submissions set id = 10 where id = 1;
        truncate submissions;
        """
    )

    told = payloads(database)
    assert {(p["schema"], p["table"]) for p in told} == {("public", "submissions")}
    assert [p["type"] for p in told] == [*2 * ["INSERT"], "DELETE", "INSERT"] + [
        "DELETE"
    ] * 2


@pytest.mark.parametrize(
    ("table", "told"),
    [("tracks (title text)", 'no column "id"'), ("melotech.tracks (id int)", "public")],
)
def test_table_that_the_service_would_not_understand_is_not_watched(
    database, table, told
):
    database.run(f"create table {table}")

    with pytest.raises(psycopg.Error, match=told):
        database.run(f"select melotech.watch('{table.split()[0]}')")


def test_what_a_client_sets_stops_no_statement(database):
    configure(database, "http://127.0.0.1:9/")
    database.run(
        "set melotech.first_sequence = 'anything';"
        "insert into submissions (title) values ('one')",
        user="artist",
    )

    assert database.one("select melotech.status()")["in_flight"] == 1


def test_column_that_jsonb_cannot_hold_is_told_as_text(database):
    database.run("alter table submissions add first json, add second json")
    database.run(
        """
        insert into submissions (title, first, second)
        values ('one', '{"a": "\\u0000"}', '{"a": 1}');
        update submissions set title = 'two';
        truncate submissions;
        """
    )

    rows = [p["record"] or p["old_record"] for p in payloads(database)]
    assert [row["title"] for row in rows] == ["one", "two", "two"]
    assert {row["first"] for row in rows} == {'{"a": "\\u0000"}'}
    assert [row["second"] for row in rows] == [{"a": 1}] * 3


def test_truncate_is_a_delete_of_every_row(database):
    database.run("insert into submissions (title) values ('a'), ('b')")

    database.run("truncate submissions")

    last = payloads(database)[2:]
    assert [payload["type"] for payload in last] == ["DELETE", "DELETE"]
    assert sorted(payload["old_record"]["title"] for payload in last) == ["a", "b"]


def test_relays_are_told_once_a_statement(database):
    with database.connect() as listener:
        listener.execute("listen melotech_outbox")
        database.run("insert into submissions (title) values ('a'), ('b')")
        database.run("update submissions set title = 'c' where false")
        database.run("delete from submissions")

        heard = list(listener.notifies(timeout=0.5))

    assert len(heard) == 2


@pytest.mark.parametrize(
    "breakage",
    [
        "drop schema net cascade",
        "update melotech.webhook_endpoint set secret = 'whsec_not base64!'",
        "update melotech.webhook_endpoint set url = 'nowhere'",
        "drop function melotech.hmac_sha256",
        "alter extension pgcrypto set schema public",
    ],
)
def test_broken_push_never_breaks_the_writer(database, breakage):
    configure(database, "http://127.0.0.1:9/")
    database.run(breakage)
    heard = []
    with database.connect("artist") as connection:
        connection.add_notice_handler(lambda notice: heard.append(notice.severity))
        connection.execute("insert into submissions (title) values ('kept')")

    assert heard == ["WARNING"]
    assert database.rows("select title from submissions") == ["kept"]
    database.run("select melotech.tick()")
    told = database.one("select melotech.status()")
    assert told["undelivered"] == 1
    assert told["fault"]

    # What was broken is made whole by running the script again.
    schema.install(database.dsn())
    database.run(SCRIPT)
    configure(database, "http://127.0.0.1:9/", "a-new-secret")
    database.run("select melotech.tick()")
    assert database.one("select melotech.status()")["in_flight"] == 1


def test_locked_pg_net_holds_a_writer_up_for_a_moment_only(database):
    configure(database, "http://127.0.0.1:9/")
    with database.connect() as other, other.transaction():
        other.execute("lock table net.http_request_queue in access exclusive mode")
        with database.connect() as writer:
            writer.execute("set statement_timeout = '20s'")
            writer.execute("insert into submissions (title) values ('kept')")

    assert database.one("select melotech.status()")["undelivered"] == 1


def test_change_that_cannot_be_kept_is_not_made(database):
    database.run("alter table melotech.webhook_outbox add check (row_key = 'none')")

    with pytest.raises(psycopg.errors.CheckViolation):
        database.run("insert into submissions (title) values ('refused')")

    assert database.rows("select title from submissions") == []


def test_long_transaction_does_not_hold_up_other_writers_changes(database):
    configure(database, "http://127.0.0.1:9/")
    with database.connect() as slow, slow.transaction():
        slow.execute("insert into submissions (title) values ('slow')")
        database.run("insert into submissions (title) values ('quick')")
        slow.execute("insert into submissions (title) values ('slow too')")

        seen = database.rows(
            "select convert_from(body, 'UTF8') from net.http_request_queue"
        )

    assert [json.loads(body)["record"]["title"] for body in seen] == ["quick"]
    assert database.one("select count(*) from net.http_request_queue") == 3


def test_stricter_transactions_leave_the_sending_to_the_clock(database):
    configure(database, "http://127.0.0.1:9/")
    with database.connect() as connection:
        connection.isolation_level = psycopg.IsolationLevel.SERIALIZABLE
        connection.autocommit = False
        connection.execute("insert into submissions (title) values ('one')")
        connection.commit()

    assert database.one("select melotech.status()")["in_flight"] == 0
    database.run("select melotech.tick()")
    assert database.one("select melotech.status()")["in_flight"] == 1


def test_bulk_update_gives_pg_net_a_batch_and_leaves_the_rest(database):
    configure(database, "http://127.0.0.1:9/")
    with database.connect() as connection:
        connection.execute("alter table submissions disable trigger user")
        connection.execute(
            "insert into submissions (title) select n from generate_series(1, 2000) n"
        )
        connection.execute("alter table submissions enable trigger user")
        connection.execute("update submissions set status = 'approved'")

    told = database.one("select melotech.status()")
    assert (told["undelivered"], told["in_flight"]) == (2000, 200)
