"""What was signed is good for one use, on one machine, for its time."""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from ingest_service.mailgun import tokens
from ingest_service.mailgun.signature import Stamp
from ingest_service.mailgun.tokens import FILE, KEPT_LONGER, LEASE, Claim, Tokens

NOW = 1_795_435_201.0
AGE = 43_200.0


def stamp(number=1, *, at=NOW):
    return Stamp(text=f"{at:.0f}token{number}", signed_at=at)


@pytest.fixture
def kept(tmp_path):
    tokens.prepare(tmp_path)
    one = Tokens(tmp_path, max_age=AGE)
    yield one
    one.close()


@pytest.fixture
def another(tmp_path, kept):
    """The same folder, as another process sees it."""
    one = Tokens(tmp_path, max_age=AGE)
    yield one
    one.close()


def test_used_is_used_for_every_process_and_after_a_restart(kept, another, tmp_path):
    assert kept.claim(stamp(), now=NOW) is Claim.TAKEN
    kept.use(stamp())
    kept.close()

    assert another.claim(stamp(), now=NOW) is Claim.USED
    tokens.prepare(tmp_path)
    assert kept.claim(stamp(), now=NOW + AGE) is Claim.USED


def test_released_can_be_claimed_again(kept, another):
    kept.claim(stamp(), now=NOW)
    kept.release(stamp())

    assert another.claim(stamp(), now=NOW) is Claim.TAKEN


def test_claim_of_one_is_waited_for_and_ends_with_its_process(kept, another):
    kept.claim(stamp(), now=NOW)

    assert another.claim(stamp(), now=NOW + LEASE / 2) is Claim.BUSY
    assert another.claim(stamp(), now=NOW + LEASE + 1) is Claim.TAKEN


def test_of_many_at_once_one_has_it(kept, another):
    together = threading.Barrier(8)

    def claim(number):
        together.wait()
        return (kept, another)[number % 2].claim(stamp(), now=NOW)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(claim, range(8)))

    assert sorted(each.value for each in found) == ["busy"] * 7 + ["taken"]


def test_what_is_too_old_to_be_believed_is_forgotten(kept, tmp_path):
    kept.claim(stamp(1), now=NOW)
    kept.use(stamp(1))

    kept.claim(stamp(2, at=NOW + AGE), now=NOW + AGE + KEPT_LONGER + 1)

    assert texts(tmp_path) == [stamp(2, at=NOW + AGE).text]


def test_number_is_bounded_and_the_oldest_go(kept, tmp_path, monkeypatch):
    monkeypatch.setattr(tokens, "MAX_STAMPS", 3)

    for number in range(5):
        kept.claim(stamp(number), now=NOW)
        kept.use(stamp(number))

    assert texts(tmp_path) == [stamp(number).text for number in (2, 3, 4)]


def texts(folder):
    connection = sqlite3.connect(folder / FILE)
    found = connection.execute("select text from stamps order by number").fetchall()
    connection.close()
    return [text for (text,) in found]


@pytest.mark.parametrize("spoilt", [b"junk" * 2_000, b""])
def test_damaged_file_is_made_anew_at_the_start(tmp_path, spoilt):
    (tmp_path / FILE).write_bytes(spoilt)

    tokens.prepare(tmp_path)

    one = Tokens(tmp_path, max_age=AGE)
    assert one.claim(stamp(), now=NOW) is Claim.TAKEN
    one.close()


def test_folder_that_cannot_be_used_is_said(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(OSError, match="file"):
        tokens.prepare(tmp_path / "file")


def test_file_that_is_mended_is_used_again(kept, tmp_path):
    path = tmp_path / FILE
    aside = tmp_path / "aside"
    kept.close()
    path.rename(aside)
    path.mkdir()
    with pytest.raises(sqlite3.Error):
        kept.claim(stamp(), now=NOW)

    path.rmdir()
    aside.rename(path)

    assert kept.claim(stamp(), now=NOW) is Claim.TAKEN
