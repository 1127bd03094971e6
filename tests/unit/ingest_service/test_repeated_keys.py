"""Repeated keys: found at every level, however spelled, and nowhere else."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest_service import repeated_keys

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1, "a": 1}',
        '{"a":1,"b":2,"a":3}',
        r'{"a": 1, "\u0061": 2}',
        '{"": 1, "": 2}',
        '{"row": {"a": 1, "a": 2}}',
        '[{"b": [{"a": 1, "a": {}}]}]',
        '{"a" \n:1,\t"a"\r:2}',
    ],
)
def test_key_that_stands_twice_is_found(text):
    assert repeated_keys.exist_in(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": {"a": {"a": 1}}}',
        '[{"a": 1}, {"a": 2}]',
        r'{"a": "\"a\": 1, \"a\": 2"}',
        '{"a": 1, "A": 2}',
        '{"n": ' + "9" * 10_000 + "}",
        '{"n": 1.' + "9" * 10_000 + "}",
    ],
)
def test_what_only_looks_like_one_is_not(text):
    assert not repeated_keys.exist_in(text)


@given(json_values)
def test_no_document_that_was_built_from_objects_has_any(document):
    assert not repeated_keys.exist_in(json.dumps(document))


@given(
    st.lists(
        st.sampled_from([*'{}[]",:\\0d.e-+1 aN\t\n\x00\x7f\ufeff', "true", '"a":'])
        | st.sampled_from(["null", r"\ud800", r"\u0000", "1e999", "NaN"]),
        max_size=12,
    ).map(lambda parts: '{"k":' + "".join(parts) + "}")
)
def test_whatever_was_read_as_json_can_be_searched(text):
    try:
        msgspec.json.decode(text.encode(), type=dict[str, msgspec.Raw])
    except msgspec.DecodeError:
        return
    assert repeated_keys.exist_in(text) in {True, False}
