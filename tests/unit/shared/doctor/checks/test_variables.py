"""What is made of variables that are missing, or look mistyped."""

from __future__ import annotations

import re

import pytest

from shared.doctor.checks import (
    variables,
)
from tests.plugins.findings import (
    holds_remedies,
)


def test_mistyped_names_are_those_that_look_like_one_that_is_not_set():
    known = ["MAILGUN_DOMAIN", "MAIL_SETTLE_SECONDS"]
    given = ["MAILGUN_DOMIAN", "MAIL_SETTLE_SECONDS", "PATH", "HOME", "MAIL_TEMPLATES"]

    found = variables.mistyped(given, known)

    assert [each.check for each in found] == ["MAILGUN_DOMIAN"]


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"public_url": None}, "PUBLIC_URL"),
        ({"allowed_origins": ["https://other.test"]}, "ALLOWED_ORIGINS"),
        ({"outcomes": False}, "MAILGUN_WEBHOOK_SIGNING_KEY"),
        ({}, None),
    ],
)
def test_what_is_missing_beside_what_is_there(changes, check):
    whole = {
        "public_url": "https://melotech.test",
        "allowed_origins": ["https://melotech.test"],
        "unsubscribe": True,
        "outcomes": True,
    }

    found = variables.together(**(whole | changes))

    assert [each.check for each in found] == ([check] if check else [])
    assert holds_remedies(found)


def test_no_variable_of_the_project_is_taken_for_a_slip_of_another():
    from pathlib import Path

    from devstack.stack import environment
    from shared.doctor import services

    root = Path(__file__).parents[5]
    example = re.findall(
        r"^# ?([A-Z][A-Z_]+)=", (root / ".env.example").read_text(), re.MULTILINE
    )
    given = [*example, *environment.merged(root, {}, {})]
    classes = services.classes_of(services.present())
    known = {name.upper() for cls in classes for name in cls.model_fields}

    for name in given:
        assert variables.mistyped([name], known) == []
