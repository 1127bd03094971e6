"""Recipients, and all the ways in which a form is refused in Mailgun's words."""

from __future__ import annotations

import pytest

from devstack.mailgun.form import Rejected, message_of

GOOD = [
    ("from", "MeloTech <noreply@mg.melotech.test>"),
    ("to", "Zoë <zoe@artist.test>"),
    ("subject", "Hello"),
    ("text", "Hi"),
    ("html", "<p>Hi</p>"),
]


def read(fields):
    return message_of(fields, domain="mg.melotech.test", fresh_id="fresh")


def without(*names):
    return [(name, value) for name, value in GOOD if name not in names]


def test_several_recipients_are_one_line():
    mail = read([*GOOD, ("to", "ben@artist.test, cleo@artist.test")])

    assert mail["to"] == "Zoë <zoe@artist.test>, ben@artist.test, cleo@artist.test"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        (without("from"), "from parameter is missing"),
        (without("to"), "to parameter is missing"),
        ([*without("to"), ("to", "")], "to parameter is missing"),
        ([*without("to"), ("to", "nobody")], "'to' parameter is not a valid address"),
        ([*GOOD, ("to", "two@at@signs.test")], "'to' parameter is not a valid address"),
        ([*GOOD, ("to", "a b@c.test")], "'to' parameter is not a valid address"),
        ([*GOOD, ("to", "@c.test")], "'to' parameter is not a valid address"),
        ([*without("from"), ("from", "x@")], "'from' parameter is not a valid address"),
        (without("text", "html"), "Need at least one of 'text', 'html'"),
        ([*GOOD, ("v:big", "x" * 16_384)], "16 KB"),
    ],
)
def test_form_with_a_fault_is_refused(fields, reason):
    with pytest.raises(Rejected, match=reason.replace("(", r"\(")):
        read(fields)
