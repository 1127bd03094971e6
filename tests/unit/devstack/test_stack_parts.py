"""The stack's decisions: .env, the broker's source, ports, the supervisor's file."""

from __future__ import annotations

import configparser
import os
import socket
from pathlib import Path

import pytest

from devstack.credentials import files, generated
from devstack.stack import dotenv, environment, ports
from devstack.stack.banner import banner
from devstack.stack.broker_source import Facts, Source, choose
from devstack.stack.logs import readable
from devstack.stack.programs import programs
from devstack.stack.starting import PATIENCE, Endings
from devstack.stack.supervision import State
from devstack.stack.supervisord import Layout, UnusableFolder, configuration
from shared.passwords import password_hash

NOTHING = Facts(url=None, has_server=False, engine_answers=False, may_install=False)


def facts(**known: object) -> Facts:
    values = {
        "url": None,
        "has_server": False,
        "engine_answers": False,
        "may_install": False,
    } | known
    return Facts(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("known", "source"),
    [
        (
            facts(url="amqp://x", has_server=True, engine_answers=True),
            Source.GIVEN,
        ),
        (
            facts(has_server=True, engine_answers=True, may_install=True),
            Source.INSTALLED,
        ),
        (facts(engine_answers=True, may_install=True), Source.CONTAINER),
        (facts(may_install=True), Source.INSTALLABLE),
        (NOTHING, Source.NONE),
    ],
)
def test_broker_comes_from_the_first_way_that_is_open(
    known: Facts, source: Source
) -> None:
    assert choose(known) is source


def test_first_run_writes_random_secrets_that_only_the_owner_reads(
    tmp_path: Path,
) -> None:
    values = environment.prepare(tmp_path, {})

    written = dotenv.read(tmp_path / ".env")
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600
    assert set(generated.MAKERS) <= set(written)
    assert written["WEBHOOK_SECRET"].startswith("whsec_")
    assert written["MAILGUN_FROM_EMAIL"] == "MeloTech <noreply@mg.melotech.test>"
    assert values["WEBHOOK_SECRET"] == written["WEBHOOK_SECRET"]
    other = tmp_path / "other"
    other.mkdir()
    assert environment.prepare(other, {})["WEBHOOK_SECRET"] != values["WEBHOOK_SECRET"]


def test_addresses_are_not_written_since_compose_reads_the_same_file(
    tmp_path: Path,
) -> None:
    values = environment.prepare(tmp_path, {})

    assert "SUPABASE_URL" not in dotenv.read(tmp_path / ".env")
    assert values["SUPABASE_URL"] == "http://127.0.0.1:8004"


def test_existing_lines_stay_and_only_what_is_missing_is_added(tmp_path: Path) -> None:
    mine = "# mine\nWEBHOOK_SECRET='my own'\nMAILGUN_API_KEY=\n"
    (tmp_path / ".env").write_text(mine)

    environment.prepare(tmp_path, {"RABBITMQ_PASSWORD": "from outside"})

    text = (tmp_path / ".env").read_text()
    assert text.startswith(mine)
    assert text.count("WEBHOOK_SECRET") == 1
    assert "RABBITMQ_PASSWORD" not in text
    assert dotenv.parse(text)["MAILGUN_API_KEY"].startswith("key-")
    assert environment.prepare(tmp_path, {"RABBITMQ_PASSWORD": "from outside"})
    assert (tmp_path / ".env").read_text() == text


def test_real_environment_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("MAILGUN_DOMAIN=file\nEDGE_PORT=8100\n")

    values = environment.prepare(tmp_path, {"MAILGUN_DOMAIN": "real", "EDGE_PORT": ""})

    assert values["MAILGUN_DOMAIN"] == "real"
    assert values["BASE_URL"] == "http://127.0.0.1:8100"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("A=b", "b"),
        ("export A = b # why", "b"),
        ("A='b # c' # why", "b # c"),
        ('A="b"', "b"),
        ("A=a=b#c", "a=b#c"),
        ("A=", ""),
    ],
)
def test_assignments_are_read_as_a_shell_would(text: str, value: str) -> None:
    assert dotenv.parse(text) == {"A": value}


@pytest.mark.parametrize("text", ["A", "A='b", "1A=b", "A='b' c"])
def test_other_lines_are_refused_by_number_without_their_text(text: str) -> None:
    with pytest.raises(dotenv.DotenvError, match="line 2"):
        dotenv.parse(f"# first\n{text}")


@pytest.mark.parametrize("value", ["plain", "a b <c@d>", "$HOME", "whsec_a+/=", "#"])
def test_a_written_value_is_read_back(value: str) -> None:
    assert dotenv.parse(dotenv.line("A", value)) == {"A": value}


def test_stand_ins_run_only_where_the_addresses_point_at_them(tmp_path: Path) -> None:
    local = environment.merged(tmp_path, {}, {})
    real = environment.merged(tmp_path, {"SUPABASE_URL": "https://x.supabase.co"}, {})

    assert [each.name for each in programs(tmp_path, local, Source.INSTALLED)] == [
        "rabbitmq",
        "supabase",
        "mailgun",
        "ingest",
        "gateway",
        "mailer",
        "edge",
    ]
    names = [each.name for each in programs(tmp_path, real, Source.GIVEN)]
    assert names == ["mailgun", "ingest", "gateway", "mailer", "edge"]


def test_links_in_mails_lead_to_the_edge_and_the_ledger_is_kept(tmp_path: Path) -> None:
    values = environment.merged(tmp_path, {"EDGE_PORT": "8100"}, {})

    assert values["PUBLIC_URL"] == "http://localhost:8100"
    ledger = tmp_path / ".run" / "mailer" / "ledger.sqlite3"
    assert values["MAILER_DATABASE_URL"] == f"sqlite:///{ledger}"


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ({}, "http://localhost:8004"),
        ({"SUPABASE_STANDIN_BIND": "0.0.0.0:9004"}, "http://localhost:9004"),
        ({"SUPABASE_URL": "https://x.supabase.co"}, "https://x.supabase.co"),
        ({"VITE_SUPABASE_URL": "https://own.test"}, "https://own.test"),
    ],
)
def test_browsers_are_told_an_address_that_they_reach(
    tmp_path: Path, given: dict[str, str], url: str
) -> None:
    assert environment.merged(tmp_path, given, {})["VITE_SUPABASE_URL"] == url


def test_pages_of_the_edge_may_open_sockets_on_whatever_port_it_is(
    tmp_path: Path,
) -> None:
    given = {"ALLOWED_ORIGINS": "https://a.test", "EDGE_PORT": "8100"}

    allowed = environment.merged(tmp_path, given, {})["ALLOWED_ORIGINS"]

    assert allowed == "https://a.test,http://localhost:8100,http://127.0.0.1:8100"


def test_edge_serves_the_dashboard_once_it_is_built(tmp_path: Path) -> None:
    values = environment.merged(tmp_path, {}, {})
    built = tmp_path / "dashboard" / "dist"

    before = programs(tmp_path, values, Source.GIVEN)[-1].environment["DASHBOARD_ROOT"]
    built.mkdir(parents=True)
    (built / "index.html").touch()
    after = programs(tmp_path, values, Source.GIVEN)[-1].environment["DASHBOARD_ROOT"]

    assert (before, after) == (str(tmp_path / "deploy" / "www"), str(built))


def test_only_the_stand_ins_log_is_trusted_at_once(tmp_path: Path) -> None:
    own = {"MAIL_LOOKUP_TRUSTED_SECONDS": "7"}
    real = {"MAILGUN_BASE_URL": "https://api.mailgun.net"}
    name = "MAIL_LOOKUP_TRUSTED_SECONDS"

    assert environment.merged(tmp_path, {}, {})[name] == "3"
    assert environment.merged(tmp_path, own, {})[name] == "7"
    assert name not in environment.merged(tmp_path, real, {})


def test_moved_services_are_found_by_the_edge(tmp_path: Path) -> None:
    values = environment.merged(tmp_path, {"INGEST_BIND": "0.0.0.0:9001"}, {})

    edge = programs(tmp_path, values, Source.GIVEN)[-1]

    assert edge.environment["INGEST_ADDRESS"] == "127.0.0.1:9001"


def test_supervisor_restarts_all_stops_the_broker_last_and_holds_no_secret(
    tmp_path: Path,
) -> None:
    values = environment.prepare(tmp_path, {})
    chosen = programs(tmp_path, values, Source.INSTALLED)

    text = configuration(Layout(tmp_path), chosen)

    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(text)
    sections = [parser[f"program:{each.name}"] for each in chosen]
    assert all(section["autorestart"] == "true" for section in sections)
    assert all(section["killasgroup"] == "true" for section in sections)
    priorities = {
        name: int(parser[name]["priority"])
        for name in parser.sections()
        if name.startswith("group:")
    }
    assert min(priorities, key=priorities.__getitem__) == "group:broker"
    assert max(priorities, key=priorities.__getitem__) == "group:edge"
    assert not [name for name in generated.MAKERS if values[name] in text]


def test_folder_that_supervisord_cannot_read_is_refused(tmp_path: Path) -> None:
    values = environment.merged(tmp_path, {}, {})
    odd = tmp_path / "100% #1"

    with pytest.raises(UnusableFolder):
        configuration(Layout(odd), programs(odd, values, Source.GIVEN))


def test_control_socket_of_a_deep_folder_has_a_path_that_the_system_takes() -> None:
    deep = Path("/" + "a" * 200)

    assert len(os.fsencode(Layout(deep).socket)) < 100
    assert Layout(deep).socket != Layout(deep / "b").socket


def test_held_port_is_told_with_the_variable_that_moves_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        values = environment.merged(tmp_path, {"MAILER_BIND": f"127.0.0.1:{port}"}, {})
        mailer = programs(tmp_path, values, Source.GIVEN)[-2]

        (sentence,) = ports.taken([mailer])

    assert f"port {port} of mailer" in sentence
    assert "MAILER_BIND=" in sentence
    assert ports.taken([mailer]) == []


def test_logins_are_printed_only_where_the_stand_in_runs(tmp_path: Path) -> None:
    local = environment.merged(tmp_path, {}, {})
    real = environment.merged(tmp_path, {"SUPABASE_URL": "https://x.supabase.co"}, {})

    here = banner(programs(tmp_path, local, Source.GIVEN), local)
    there = banner(programs(tmp_path, real, Source.GIVEN), real)

    assert "admin@melotech.test" in here
    assert "http://127.0.0.1:8025" in here
    assert "admin@melotech.test" not in there


def test_json_log_line_is_shown_for_people_and_others_as_they_are() -> None:
    line = (
        '{"event": "broker.ready", "link": "x", "level": "info",'
        ' "service": "mailer", "timestamp": "2026-01-02T03:04:05.678901Z"}'
    )

    assert readable(line) == "03:04:05.678 info    broker.ready  link=x"
    assert readable("plain") == "plain"
    assert readable("[1]") == "[1]"


def test_password_is_stored_as_rabbitmq_computes_it() -> None:
    # The example of RabbitMQ's documentation: salt 908DC60A, password test12.
    stored = password_hash("test12", bytes.fromhex("908dc60a"))

    assert stored == "kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR"


def test_given_secret_wins_over_the_made_one_which_comes_back_later(
    tmp_path: Path,
) -> None:
    files.write(tmp_path, {}, broker_host="rabbitmq")
    made = files.read(tmp_path)

    files.write(tmp_path, {"RABBITMQ_PASSWORD": "p@ss"}, broker_host="rabbitmq")
    given = files.read(tmp_path)
    files.write(tmp_path, {}, broker_host="rabbitmq")

    assert given["RABBITMQ_URL"] == "amqp://melotech:p%40ss@rabbitmq:5672/%2F"
    assert given["WEBHOOK_SECRET"] == made["WEBHOOK_SECRET"]
    assert files.read(tmp_path) == made
    assert (tmp_path / "webhook_secret").stat().st_mode & 0o777 == 0o440


def test_program_that_keeps_ending_is_given_up_and_one_that_came_back_is_not() -> None:
    endings = Endings()
    trying = [State("mailer", "BACKOFF", 0), State("edge", "RUNNING", 7)]

    assert endings.hopeless(trying, now=0) == []
    assert endings.hopeless([State("mailer", "STARTING", 8)], now=PATIENCE / 2) == []
    assert endings.hopeless(trying, now=PATIENCE + 1) == ["mailer"]
    assert endings.hopeless([State("mailer", "RUNNING", 9)], now=PATIENCE + 2) == []
    assert endings.hopeless([State("edge", "FATAL", 0)], now=0) == ["edge"]
