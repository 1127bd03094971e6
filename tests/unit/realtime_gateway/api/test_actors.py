"""Names in place of ids, and history without them where nobody can be asked."""

import asyncio

import pytest

from realtime_gateway.api import actors
from realtime_gateway.api.history import Change, Mail
from shared.errors import Transient
from shared.supabase import User


class Directory:
    """Knows some people, and counts who is asked for."""

    def __init__(self, people, *, failing=False, hanging=False):
        self.people = people
        self.failing = failing
        self.hanging = hanging
        self.asked = []

    async def user_of(self, auth_id):
        self.asked.append(auth_id)
        if self.failing:
            raise Transient("Supabase answered 502")
        if self.hanging:
            await asyncio.Event().wait()
        return self.people.get(auth_id)


def change(actor):
    return Change(
        id="e", time="t", event="UPDATE", stale=False, actor=actor, changes=[]
    )


MAIL = Mail(
    id="m", time="t", outcome="accepted", recipient=None, reason=None, cause=None
)
ADA = User(id="1", name="Ada", email="ada@melotech.test")


@pytest.mark.parametrize(
    ("user", "name"),
    [
        (ADA, "Ada"),
        (User(id="1", name="  ", email="ada@melotech.test"), "a***@melotech.test"),
        (User(id="1", name=7, email="ada@melotech.test"), "a***@melotech.test"),
        (User(id="1", name="x" * 300), "x" * 100),
        (User(id="1"), None),
        (None, None),
    ],
)
def test_person_is_called_by_name_else_by_a_masked_address(user, name):
    assert actors.name_of(user) == name


async def test_each_person_is_asked_for_once_and_strangers_keep_their_id():
    directory = Directory({"a": ADA})
    items = [change("a"), MAIL, change("b"), change("a"), change(None)]

    found = await actors.named(items, directory)

    assert [getattr(item, "actor", "-") for item in found] == [
        "Ada",
        "-",
        "b",
        "Ada",
        None,
    ]
    assert sorted(directory.asked) == ["a", "b"]


@pytest.mark.parametrize("trouble", ["failing", "hanging"])
async def test_history_is_told_with_ids_where_nobody_can_be_asked(trouble, monkeypatch):
    monkeypatch.setattr(actors, "DEADLINE", 0.05)
    directory = Directory({"a": ADA}, **{trouble: True})

    (found,) = await actors.named([change("a")], directory)

    assert found.actor == "a"


async def test_no_page_asks_for_more_than_a_few():
    directory = Directory({})

    await actors.named([change(f"id-{n}") for n in range(100)], directory)

    assert len(directory.asked) == actors.MAX_ASKED
