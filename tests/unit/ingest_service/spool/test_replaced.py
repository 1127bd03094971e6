"""A spool that is deleted or replaced under running workers goes on."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing

import pytest

from ingest_service.spool.places import beside
from tests.unit.ingest_service.spool.conftest import (
    CRASHED,
)

NOW = 1_700_000_000.0


def test_journal_of_a_file_that_was_deleted_is_still_read(
    after_a_crash, open_spool, ids
):
    after_a_crash.unlink()

    found = ids(open_spool())

    assert found == list(range(CRASHED))


def delete_file(path):
    path.unlink()


def delete_journal(path):
    beside(path, "-wal").unlink()


def delete_index(path):
    beside(path, "-shm").unlink()


def delete_all(path):
    for file in path.parent.iterdir():
        file.unlink()


def delete_folder(path):
    shutil.rmtree(path.parent)


def replace_by_another(path):
    other = path.with_name("other")
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("create table something (else_ text)")
    other.rename(path)


def replace_by_text(path):
    other = path.with_name("other")
    other.write_text("not a database at all" * 1_000)
    other.rename(path)


@pytest.mark.parametrize(
    "loss",
    [
        delete_file,
        delete_journal,
        delete_index,
        delete_all,
        delete_folder,
        replace_by_another,
        replace_by_text,
    ],
    ids=lambda loss: loss.__name__,
)
def test_what_is_deleted_under_running_workers_is_brought_back_by_the_next_write(
    open_spool, path, numbered, ids, loss
):
    first, second = open_spool(), open_spool()
    first.append(numbered(50), NOW)
    loss(path)

    second.append(numbered(50, 51), NOW)
    first.append(numbered(51, 52), NOW)

    assert sorted(set(ids(first))) == list(range(52))
    assert ids(first) == ids(second)
    first.close()
    second.close()
    assert ids(open_spool()) == list(range(52))
