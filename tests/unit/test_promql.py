"""What the tests of rules and panels read out of an expression."""

from __future__ import annotations

from tests.plugins.promql import Matcher, Selector, grouped_by, selectors


def test_metrics_are_told_from_functions_numbers_and_labels():
    asked = (
        'histogram_quantile(0.99, sum by (le, room) (rate(a_bucket{b=~"x|1[y]"}[5m])))'
        " > 1e9 or max(c offset 15m) == 0"
    )

    assert list(selectors(asked)) == [
        Selector("a_bucket", (Matcher("b", "=~", "x|1[y]"),)),
        Selector("c", ()),
    ]
    assert grouped_by(asked) == {"le", "room"}


def test_word_that_is_no_function_is_taken_for_a_metric():
    assert [each.metric for each in selectors("summ(a)")] == ["summ", "a"]
