"""What a node answers is taken apart by queue."""

from __future__ import annotations

from devstack.broker.inquiry import Members, parsed_members

ANSWER = (
    '"changes.log ada@localhost ada@localhost,bob@localhost bob@localhost;'
    'mailer.retry.5s undefined ada@localhost ;"'
)


def test_each_queue_has_its_leader_its_copies_and_those_at_work():
    assert parsed_members(ANSWER) == {
        "changes.log": Members(
            leader="ada@localhost",
            members=frozenset({"ada@localhost", "bob@localhost"}),
            online=frozenset({"bob@localhost"}),
        ),
        "mailer.retry.5s": Members(
            leader="undefined",
            members=frozenset({"ada@localhost"}),
            online=frozenset(),
        ),
    }
    assert parsed_members("[]") == {}


def test_queue_is_whole_with_a_leader_at_work_and_every_copy():
    both = frozenset({"a", "b"})
    whole = Members(leader="a", members=both, online=both)
    leaderless = Members(leader="undefined", members=both, online=both)
    half = Members(leader="a", members=both, online=frozenset({"a"}))

    assert whole.is_whole(2)
    assert not whole.is_whole(3)
    assert not leaderless.is_whole(2)
    assert not half.is_whole(2)
