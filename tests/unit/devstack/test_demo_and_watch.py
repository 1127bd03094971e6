"""The demo's next step and the lines that watch prints."""

from random import Random

from devstack.demo.script import Edit, Submit, Withdraw, next_step
from devstack.watch.lines import line


def rows(*statuses):
    return [
        {"id": str(number), "title": "T", "status": status}
        for number, status in enumerate(statuses)
    ]


def test_same_seed_tells_the_same_story():
    table = rows("pending", "in-review", "approved")

    one = [next_step(table, ["u"], Random(7)) for _ in range(3)]
    two = [next_step(table, ["u"], Random(7)) for _ in range(3)]

    assert one == two


def test_story_has_submissions_reviews_decisions_corrections_and_withdrawals():
    table = rows(*["pending", "in-review", "approved"] * 4)
    dice = Random(1)

    steps = [next_step(table, ["u"], dice) for _ in range(300)]

    assert {type(step) for step in steps} == {Submit, Edit, Withdraw}
    edits = [step.values for step in steps if isinstance(step, Edit)]
    assert {"in-review", "approved", "rejected"} <= {e.get("status") for e in edits}
    assert any("title" in edit for edit in edits)
    ratings = {edit["rating"] for edit in edits if "rating" in edit}
    assert ratings <= set(range(1, 11))


def test_empty_table_begins_with_a_submission():
    assert isinstance(next_step([], ["u"], Random(3)), Submit)


def test_update_is_one_line_with_what_changed_from_what_to_what():
    message = {
        "type": "submission_update",
        "data": {
            "event": "UPDATE",
            "title": "Night Drive",
            "updated_fields": ["status", "updated_at"],
            "old_data": {"status": "pending"},
            "new_data": {"status": "approved"},
        },
    }

    assert line(message) == "UPDATE Night Drive: status 'pending' -> 'approved'"


def test_mail_is_one_line_with_its_fate():
    data = {"outcome": "failed", "recipient": None, "reason": "no address"}

    assert line({"type": "email_update", "data": data}) == (
        "MAIL   failed to nobody (no address)"
    )


def test_delay_of_a_mail_is_not_shown_as_its_end():
    data = {"outcome": "failed", "severity": "temporary", "recipient": "a***@x.test"}

    assert line({"type": "email_update", "data": data}) == (
        "MAIL   failed for now to a***@x.test"
    )
