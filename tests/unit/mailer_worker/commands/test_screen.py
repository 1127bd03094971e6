"""What is shown: masked, escaped, bounded; and how commands read their options."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime

import click
import pytest
import structlog
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from mailer_worker.commands import Commands, made_up, masking, terminal
from mailer_worker.commands.parameters import Duration
from mailer_worker.commands.suppressions import address_key
from mailer_worker.plan import KINDS, Send, plan
from mailer_worker.settlement import WAITED_HEADER
from shared.addresses import key_of
from shared.topology import MAILER_QUEUE

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def logs_of_other_tests():
    yield
    # A command sends its process's errors where the runner listened.
    structlog.reset_defaults()


def run(*arguments, **environ):
    return CliRunner().invoke(Commands(), arguments, obj=environ)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("30m", 1800), ("2h", 7200), ("7d", 604800), (" 2 H ", 7200)],
)
def test_span_of_time_is_read(text, seconds):
    assert Duration().convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["", "2", "h", "2w", "-2h", "1h30m", "٣h", "9" * 400])
def test_what_is_no_span_of_time_is_refused(text):
    with pytest.raises(click.BadParameter, match="30m"):
        Duration().convert(text, None, None)


@given(st.text())
def test_no_text_makes_a_terminal_do_anything(text):
    shown = terminal.clean(f"{text}\x1b[2J\x9b1m\u202e\r\n\x00")

    assert shown.isprintable()


def test_markup_is_shown_and_not_obeyed(capsys):
    terminal.table("[b]t[/b]", ["[i]"], [["[red]r[/red] [/x] :smile: \x1b[1m"]])

    shown = capsys.readouterr().out
    assert "[red]r[/red] [/x] :smile:" in shown
    assert "[b]t[/b]" in shown
    assert "\x1b" not in shown


def test_long_reason_folds_and_is_whole(capsys):
    terminal.table("t", ["event", "reason"], [["evt_1", "word " * 100]])

    assert capsys.readouterr().out.count("word") == 100


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("to ada@melotech.test: no", "to a***@melotech.test: no"),
        ("<ada@melotech.test>", "<a***@melotech.test>"),
        ("a@b, c@d", "a***@b, c***@d"),
        ("nobody", "nobody"),
        ("@", "@"),
    ],
)
def test_addresses_in_a_text_are_masked(text, shown):
    assert masking.masked_text(text) == shown


def test_masking_a_long_text_takes_no_time():
    began = time.monotonic()

    for text in ("a" * 1_000_000, "a@" * 500_000, "@" * 1_000_000, " @a" * 300_000):
        masking.masked_text(text)

    assert time.monotonic() - began < 10


def test_facts_are_masked_by_column_and_by_look():
    body = json.dumps(
        {"record": {"Email": "x", "email2": [1], "note": "ada@a.test"}, "n": 10**30}
    )

    assert masking.facts_of(body.encode(), full=False) == {
        "record": {"Email": "***", "email2": "***", "note": "a***@a.test"},
        "n": 10**30,
    }
    assert masking.facts_of(body.encode(), full=True)["record"]["Email"] == "x"


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff", b"[" * 100_000, b"1" * 5000, b" " * 2_000_000, b"NaN", b"1e999"],
)
def test_hostile_body_is_shown_by_its_beginning(body):
    shown = json.dumps(masking.facts_of(body, full=False), allow_nan=False)

    assert len(shown) <= 4 * masking.MAX_SHOWN + 2


def test_deep_value_is_cut():
    deep = []
    for _ in range(900):
        deep = [deep]

    assert "..." in json.dumps(masking.plain(deep, full=True))


def test_header_values_of_every_kind_are_json():
    values = {"t": NOW, "b": b"\xff", "f": float("nan"), "n": None, "l": [1, True, {}]}

    json.dumps(masking.plain(values, full=False), allow_nan=False)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(None, ""), (0.4, "0s"), (59, "59s"), (60, "1m"), (7_300, "2h"), (172_800, "2d")],
)
def test_age_is_told_in_its_largest_unit(seconds, shown):
    assert terminal.age(seconds) == shown


def test_wrong_settings_are_one_message_and_exit_1():
    answer = run("dead-letters", "list", RABBITMQ_URL="http://no")

    assert answer.exit_code == 1
    assert "RABBITMQ_URL" in answer.stderr
    assert answer.stdout == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ("dead-letters", "purge"),
        ("dead-letters", "replay", "--limit", "3", "--yes"),
        ("dead-letters", "replay", "--all", "--status", "400"),
        ("dead-letters", "list", "--limit", "0"),
        ("dead-letters", "list", "--newer-than", "soon"),
        ("send", "--to", "ada", "--status", "approved"),
        ("send", "--to", "A <a@b.test>", "--status", "approved"),
        ("send", "--to", "a@b.test,c@d.test", "--status", "approved"),
    ],
)
def test_what_nobody_can_mean_is_a_usage_error(arguments):
    assert run(*arguments, RABBITMQ_URL="amqp://127.0.0.1:1").exit_code == 2


def test_unknown_status_is_refused_with_those_that_are_known():
    answer = run("send", "--to", "a@b.test", "--status", "nice")

    assert answer.exit_code == 2
    assert all(status in answer.stderr for status in KINDS)


def test_broker_that_is_away_is_one_sentence_and_exit_1():
    answer = run("dead-letters", "list", RABBITMQ_URL="amqp://g:secret@127.0.0.1:1")

    assert answer.exit_code == 1
    assert "refused" in answer.stderr
    assert "secret" not in answer.stderr


@pytest.mark.parametrize("command", [("ledger", "show", "s"), ("suppressions", "list")])
def test_ledger_that_is_not_there_is_said_and_not_made(tmp_path, command):
    file = tmp_path / "ledger.sqlite3"
    environ = {
        "RABBITMQ_URL": "amqp://127.0.0.1:1",
        "MAILER_DATABASE_URL": f"sqlite:///{file}",
    }

    answer = run(*command, **environ)

    assert answer.exit_code == 1
    assert "there is no ledger" in answer.stderr
    assert not file.exists()


def test_key_of_an_address_is_taken_for_itself():
    assert address_key("Ada@Melotech.test") == key_of("ada@melotech.test")
    assert address_key(key_of("ada@melotech.test")) == key_of("ada@melotech.test")


@pytest.mark.parametrize("status", KINDS)
def test_made_up_change_asks_for_the_mail_of_its_status(status):
    asked = made_up.Asked(
        to="a@b.test", status=status, title="T", feedback="F", locale="de"
    )

    event = made_up.change_for(asked, token="1", now=NOW)
    message = made_up.message_for(event)

    planned = plan(message.body)
    assert isinstance(planned, Send)
    assert (planned.kind, planned.own_email) == (KINDS[status], "a@b.test")
    assert event.data.record["status"] != event.data.old_record["status"]
    assert (event.id, event.subject) == ("test_1", "test-1")
    assert (message.exchange, message.routing_key) == ("", MAILER_QUEUE)
    assert message.headers == {WAITED_HEADER: 1}
