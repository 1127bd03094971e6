"""Mailgun: the key, the domain and its region, the log, and its clock."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from urllib.parse import quote

from shared.doctor.checks import clock, mailgun, variables
from shared.doctor.findings import Finding, warning
from shared.doctor.place import Place, text_of
from shared.doctor.probes.http import Reply, ask
from shared.doctor.running import Check

Regions = Callable[[str], str | None]


def checks(
    place: Place, *, regions: Regions = mailgun.other_region
) -> Iterator[Check[Any]]:
    """Return what there is to ask; `regions` leads from an address to the other's."""
    mailer = place.settings("mailer")
    if mailer is None:
        yield from _unread(place)
        return
    base, domain = mailer.mailgun_base_url, quote(mailer.mailgun_domain, safe="")
    other = regions(base) or ""
    reader = mailer.mailgun_log_api_key or mailer.mailgun_api_key
    sends = _login(text_of(mailer.mailgun_api_key))
    reads = _login(text_of(reader))
    yield Check(
        group=mailgun.GROUP,
        name="key may send",
        fetch=partial(_posts, base, other, domain, sends),
        decide=partial(_sending, other=other),
    )
    for name, path, decide in (
        ("domain", f"/v4/domains/{domain}", mailgun.domain),
        ("log of events", f"/v3/{domain}/events?limit=1", mailgun.log),
    ):
        fetch = partial(ask, f"{base}{path}", headers=reads)
        yield Check(group=mailgun.GROUP, name=name, fetch=fetch, decide=decide)


def _login(key: str) -> dict[str, str]:
    words = base64.b64encode(f"api:{key}".encode()).decode()
    return {"Authorization": f"Basic {words}"}


Posts = tuple[Reply, Reply | None]


def _posts(base: str, other: str, domain: str, login: dict[str, str]) -> Posts:
    """Post what is no mail, for it has neither sender nor recipient."""
    form = {"o:testmode": "yes"}
    here = ask(f"{base}/v3/{domain}/messages", headers=login, form=form)
    if not (other and mailgun.is_unknown_here(here)):
        return here, None
    return here, ask(f"{other}/v3/{domain}/messages", headers=login, form=form)


def _sending(replies: Posts, *, other: str) -> list[Finding]:
    here, elsewhere = replies
    found = mailgun.sending(here, elsewhere, other=other)
    return found + clock.beside("Mailgun", here)


def _unread(place: Place) -> Iterator[Check[Any]]:
    if any(each.faults for each in place.standings if each.service.name == "mailer"):
        told = warning(
            mailgun.GROUP,
            "all",
            "not checked: the mailer's variables are not in order",
            f"Mend them first (see {variables.GROUP}).",
        )
        yield Check(
            group=mailgun.GROUP, name="all", fetch=lambda: None, decide=lambda _: [told]
        )
