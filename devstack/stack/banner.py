"""What `make run` prints when all works: addresses, logins and the next commands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from devstack.stack.programs import Program

COMMANDS = (
    ("make demo", "change rows for a minute, the way reviewers do"),
    ("make watch", "print what the admins' socket receives"),
    ("make smoke", "check the whole path, with times"),
    ("make logs", "follow the logs"),
    ("make stop", "stop everything (or Ctrl-C here)"),
)


def banner(programs: Sequence[Program], values: Mapping[str, str]) -> str:
    """Return the text; the stand-ins' logins only where the stand-ins run."""
    names = {program.name for program in programs}
    edge = f"http://localhost:{values['EDGE_PORT']}"
    port = edge.rpartition(":")[2]
    rows = [
        ("edge", f"{edge}/"),
        ("health", f"{edge}/health"),
        ("webhook", f"POST {edge}/webhook/submission-update"),
        ("sockets", f"ws://localhost:{port}/ws/admin, /ws/artist/<id>"),
        ("Supabase", values["SUPABASE_URL"] + _stand_in("supabase" in names)),
        ("Mailgun", values["MAILGUN_BASE_URL"] + _stand_in("mailgun" in names)),
    ]
    gateways = [each for each in programs if each.name.startswith("gateway-")]
    if gateways:
        at = ", ".join(f"{each.listens['GATEWAY_BIND'][1]}" for each in gateways)
        rows.append(("gateways", f"{len(gateways)}, on the ports {at}"))
    if "supabase" in names:
        artists = ", ".join(f"{name}@melotech.test" for name in ("ada", "ben", "cleo"))
        rows.append(("logins", f"admin@melotech.test; artists {artists}"))
        rows.append(("password", "melotech"))
    table = [f"  {name:<10}{text}" for name, text in rows]
    commands = [f"  {command:<12}{what}" for command, what in COMMANDS]
    return "\n".join(["", *table, "", *commands, ""])


def _stand_in(here: bool) -> str:
    return "  (stand-in)" if here else ""
