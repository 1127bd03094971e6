"""Mail addresses of strangers: one plain one, or none."""

import pytest

from shared.addresses import KEY_LENGTH, key_of, one_address


@pytest.mark.parametrize(
    "text", ["ada@a.test", " ada+x@a.test\n", "ä@bücher.test", f"{'a' * 247}@a.test"]
)
def test_one_plain_address_is_taken_as_it_is(text):
    assert one_address(text) == text.strip()


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "nobody",
        "@a.test",
        "ada@",
        "ada@a.test, eve@a.test",
        "ada@a.test;eve@a.test",
        "ada@a.test eve@a.test",
        "Ada <ada@a.test>",
        "ada@a.test(again)",
        '"ada"@a.test',
        "ada@a.test.",
        "ada@a.test\0",
        "ada@a.test\nBcc: eve@a.test",
        f"{'a' * 247}@a.testx",
    ],
)
def test_whatever_could_be_written_otherwise_is_no_address(text):
    assert one_address(text) is None


def test_key_is_the_same_in_all_spellings_of_an_address():
    assert key_of("Ada@A.test") == key_of(" ada@a.test")
    assert key_of("ada@Bücher.test") == key_of("ada@xn--bcher-kva.test")
    assert key_of("ä@a.test") != key_of("a@a.test")


@pytest.mark.parametrize("text", ["ä", "ä@", "@ä", "ä@..", "ä@" + "ä" * 99, ""])
def test_anything_has_a_key(text):
    assert len(key_of(text)) == KEY_LENGTH
