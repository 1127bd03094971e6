"""The environment of the whole stack: .env, the real one over it, defaults below."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from devstack.broker.configuration import LOOPBACK
from devstack.credentials import generated
from devstack.stack import dotenv
from devstack.stack.broker_source import given_url
from shared.address import host_and_port

#: Names of its own in .env besides the secrets, so that they are easy to find.
PLAIN_VALUES: Mapping[str, str] = {
    "MAILGUN_DOMAIN": "mg.melotech.test",
    "MAILGUN_FROM_EMAIL": "MeloTech <noreply@mg.melotech.test>",
    "ALLOWED_ORIGINS": (
        "http://localhost:8000,http://127.0.0.1:8000,http://localhost:5173"
    ),
}

#: Where everything listens. These are not written to .env, which docker compose reads
#: too: there the same services have other addresses.
ADDRESSES: Mapping[str, str] = {
    "EDGE_BIND": "127.0.0.1",
    "EDGE_PORT": "8000",
    "INGEST_BIND": "127.0.0.1:8001",
    "GATEWAY_BIND": "127.0.0.1:8002",
    "MAILER_BIND": "127.0.0.1:8003",
    "SUPABASE_STANDIN_BIND": "127.0.0.1:8004",
    "MAILGUN_STANDIN_BIND": "127.0.0.1:8025",
    "BROKER_PORT": "5673",
    "BROKER_USER": "melotech",
}


def prepare(root: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the stack's environment; write what .env lacks into it first.

    Raises DotenvError where .env cannot be read.
    """
    path = root / ".env"
    in_file = _filled(dotenv.read(path))
    known = in_file | _filled(environ)
    plain = {n: value for n, value in PLAIN_VALUES.items() if n not in known}
    added = plain | generated.missing(known)
    if added:
        first = "Made by `make run`. Yours to edit; nothing here is ever overwritten."
        later = "Added by `make run`."
        dotenv.append(path, later if in_file else first, added)
    return merged(root, environ, in_file | added)


def with_broker_url(values: Mapping[str, str]) -> dict[str, str]:
    """Return them with the address of the stack's own broker, where none is given."""
    if given_url(values):
        return dict(values)
    login = f"{values['BROKER_USER']}:{values['RABBITMQ_PASSWORD']}"
    url = f"amqp://{login}@{LOOPBACK}:{values['BROKER_PORT']}/%2F"
    return {**values, "RABBITMQ_URL": url}


def merged(
    root: Path, environ: Mapping[str, str], in_file: Mapping[str, str]
) -> dict[str, str]:
    """Return all variables; an empty one counts as absent and gets its default."""
    values = {**ADDRESSES, **_filled(in_file), **_filled(environ)}
    edge = f"http://127.0.0.1:{values['EDGE_PORT']}"
    run = root / ".run"
    defaults = {
        "SUPABASE_URL": f"http://{values['SUPABASE_STANDIN_BIND']}",
        "MAILGUN_BASE_URL": f"http://{values['MAILGUN_STANDIN_BIND']}",
        "SUPABASE_STANDIN_WEBHOOK_URL": f"{edge}/webhook/submission-update",
        "MAILGUN_STANDIN_WEBHOOK_URL": f"{edge}/webhook/mailgun",
        "SUPABASE_STANDIN_DATA_DIR": str(run / "supabase"),
        "MAILGUN_STANDIN_DATA_DIR": str(run / "mailgun"),
        "INGEST_DATA_DIR": str(run / "ingest"),
        "GATEWAY_DATA_DIR": str(run / "gateway"),
        "MAILER_DATABASE_URL": f"sqlite:///{run / 'mailer' / 'ledger.sqlite3'}",
        "PUBLIC_URL": f"http://localhost:{values['EDGE_PORT']}",
        "GATEWAYS": "1",
        "BASE_URL": edge,
    }
    chosen = {**defaults, **values}
    chosen.setdefault("VITE_SUPABASE_URL", _seen_by_browsers(chosen))
    chosen["ALLOWED_ORIGINS"] = _with_own_pages(chosen)
    if points_at(chosen["MAILGUN_BASE_URL"], chosen["MAILGUN_STANDIN_BIND"]):
        # The stand-in's log of events knows at once what Mailgun's knows later.
        chosen.setdefault("MAIL_LOOKUP_TRUSTED_SECONDS", "3")
    return chosen


def points_at(url: str, bind: str) -> bool:
    """Tell whether `url` leads to what listens at `bind` on this machine."""
    host, port = host_and_port(bind)
    parts = urlsplit(url)
    try:
        same_port = parts.port == port
    except ValueError:
        return False
    return same_port and parts.hostname in {host, "127.0.0.1", "localhost", "::1"}


def _seen_by_browsers(values: Mapping[str, str]) -> str:
    url, bind = values["SUPABASE_URL"], values["SUPABASE_STANDIN_BIND"]
    if not points_at(url, bind):
        return url
    # As the pages themselves are called: nothing else counts as the same site.
    return f"http://localhost:{host_and_port(bind)[1]}"


def _with_own_pages(values: Mapping[str, str]) -> str:
    # The edge's pages open sockets at the edge, on whatever port it is.
    listed = [each for each in values.get("ALLOWED_ORIGINS", "").split(",") if each]
    own = [
        f"http://{host}:{values['EDGE_PORT']}" for host in ("localhost", "127.0.0.1")
    ]
    return ",".join([*listed, *(each for each in own if each not in listed)])


def _filled(values: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}
