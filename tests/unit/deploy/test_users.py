"""Rights on the bus, as expressions."""

from __future__ import annotations

import re

import pytest

from deploy.definitions import layout, logins
from deploy.users import USERS, beginning_with, exactly
from shared.topology import TOPOLOGY

PASSWORDS = {user.name: f"password of {user.name}" for user in USERS}
MADE = {**logins(PASSWORDS), **layout()}


def test_a_name_is_fitted_exactly():
    pattern = exactly(("mailer.outcomes",))

    assert re.search(pattern, "mailer.outcomes")
    for other in ("mailer-outcomes", "mailer.outcomes.2", "x.mailer.outcomes"):
        assert not re.search(pattern, other)


def test_no_name_at_all_fits_nothing():
    assert not re.search(exactly(()), "mailer.outcomes")
    assert not re.search(beginning_with(()), "email.accepted")


@pytest.mark.parametrize(
    ("routing_key", "fits"),
    [
        ("submission.status-changed", True),
        ("email.accepted", False),
        ("submission", False),
        ("x.submission.updated", False),
    ],
)
def test_events_are_told_by_how_their_type_begins(routing_key, fits):
    assert bool(re.search(beginning_with(("submission",)), routing_key)) is fits


@pytest.mark.parametrize("kind", ["permissions", "topic_permissions"])
def test_every_user_has_rights_of_each_kind_and_all_are_anchored(kind):
    entries = {entry["user"]: entry for entry in MADE[kind]}

    assert entries.keys() == {user.name for user in USERS}
    for entry in entries.values():
        for right in ("configure", "write", "read"):
            pattern = entry.get(right, "^$")
            assert (pattern[0], pattern[-1]) == ("^", "$"), entry


def test_no_user_may_administrate():
    assert all("administrator" not in user["tags"] for user in MADE["users"])


def test_definitions_have_the_whole_topology():
    assert [q["name"] for q in MADE["queues"]] == [q.name for q in TOPOLOGY.queues]
    bound = {(b["destination"], b["routing_key"]) for b in MADE["bindings"]}
    assert bound == {(q.name, key) for q in TOPOLOGY.queues for key in q.routing_keys}
