"""The mailer's ledger, and the SQL pack in Supabase's database."""

from __future__ import annotations

from http import HTTPStatus

from shared.doctor.checks.reached import document_of
from shared.doctor.findings import Finding, fault, ok, warning
from shared.doctor.probes.databases import Response
from shared.doctor.probes.http import Answer, NoAnswer, Reply

GROUP = "Database"
#: Raised with each change of supabase/migrations, and written there as well.
PACK = 1
PACK_FUNCTION = "melotech_pack_version"
_INSTALL = (
    "Paste supabase/migrations/20261124000000_melotech_webhooks.sql into Supabase's"
    " SQL editor; running it again keeps what is there."
)


def ledger(response: Response, *, layout: int) -> list[Finding]:
    """Judge what the ledger's database says of its layout."""
    name = "ledger"
    if isinstance(response, NoAnswer):
        remedy = (
            "See to the database in MAILER_DATABASE_URL (running, address, login,"
            " rights); until then mails wait."
        )
        return [fault(GROUP, name, response.reason, remedy)]
    if response.value is None:
        text = "reached; the mailer makes its tables when it first starts"
        return [ok(GROUP, name, text)]
    if response.value != str(layout):
        text = f"has layout {response.value}, and this mailer needs {layout}"
        remedy = "Run the mailer's version that fits, or point it to another database."
        return [fault(GROUP, name, text, remedy)]
    return [ok(GROUP, name, "reached, with the layout that the mailer needs")]


def outbox(response: Response) -> list[Finding]:
    """Judge what the outbox's database says of the SQL pack, which the relay needs."""
    name = "outbox"
    if isinstance(response, NoAnswer):
        remedy = (
            "See to OUTBOX_DATABASE_URL: address, login, sslmode (docs/operations.md,"
            " The outbox relay)."
        )
        return [fault(GROUP, name, response.reason, remedy)]
    if response.value is None:
        text = "reached, and has no SQL pack that says its version"
        return [fault(GROUP, name, text, _INSTALL)]
    return [_pack(name, response.value)]


def pack(reply: Reply) -> list[Finding]:
    """Judge what PostgREST says of the SQL pack; without one others may sign."""
    name = "SQL pack"
    if isinstance(reply, NoAnswer):
        return []  # said of Supabase already
    if reply.status == HTTPStatus.OK:
        return [_pack(name, str(document_of(reply)))]
    return [_no_pack(name, reply)]


def _no_pack(name: str, answer: Answer) -> Finding:
    if answer.status == HTTPStatus.NOT_FOUND:
        text = "not installed, or older than its version can be asked"
        remedy = f"{_INSTALL} Not needed where another sender signs the webhooks."
        return warning(GROUP, name, text, remedy)
    text = f"its version cannot be asked (Supabase answers {answer.status})"
    return warning(GROUP, name, text, "Mend what is said of Supabase first.")


def _pack(name: str, version: str) -> Finding:
    if version == str(PACK):
        return ok(GROUP, name, f"version {version}")
    text = f"version {version[:20]}, and this is made for {PACK}"
    if version.isdigit() and int(version) > PACK:
        return warning(GROUP, name, text, "Update the services to the pack's release.")
    return fault(GROUP, name, text, _INSTALL)
