"""Backup, restore and update: what is asked of compose, in which order."""

from __future__ import annotations

import pytest

from deploy.archive.packing import pack
from deploy.archive.unpacking import Unusable
from deploy.compose import Failed
from deploy.keeping import Refused, backup, restore
from deploy.keys import DEFINITIONS, TOPOLOGY
from deploy.plans import CLUSTER, ONE
from deploy.updating import update

EVERYTHING = set(ONE.writers)
THREE = set(CLUSTER.writers)


class FakeCompose:
    """Writes down what it is asked; `keeper pack` packs a folder."""

    def __init__(self, folder, running=EVERYTHING, fails_at=None, plan=ONE):
        self.asked = []
        self.plan = plan
        self._folder = folder
        self._running = set(running)
        self._fails_at = fails_at

    def __call__(self, *words, stdin=None, stdout=None):
        self.asked.append(words)
        if self._fails_at in words:
            raise Failed(f"{self._fails_at} failed")
        if "pack" in words:
            names = ("ingest", *self.plan.marks)
            pack(
                self._folder, [n for n in names if (self._folder / n).is_dir()], stdout
            )

    def running(self):
        return self._running

    def give(self, content, *words):
        self.asked.append(("given", content))

    def verbs(self):
        return [next(w for w in words if not w.startswith("-")) for words in self.asked]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "ingest").mkdir()
    (tmp_path / "ingest" / "file").write_text("kept")
    (tmp_path / DEFINITIONS).write_text("users")
    (tmp_path / TOPOLOGY).write_text("queues")
    return tmp_path


@pytest.fixture
def archive(folder):
    backup(FakeCompose(folder), folder / "archive.tgz", print)
    return folder / "archive.tgz"


def test_backup_is_packed_while_the_broker_stands_still(folder):
    compose = FakeCompose(folder)

    backup(compose, folder / "archive.tgz", print)

    assert compose.verbs() == ["stop", "run", "up"]
    assert compose.asked[0][-1] == compose.asked[-1][-1] == "rabbitmq"
    assert (folder / "archive.tgz").stat().st_mode & 0o777 == 0o600


def test_broker_starts_again_where_no_backup_came_of_it(folder):
    compose = FakeCompose(folder, fails_at="pack")

    with pytest.raises(Failed):
        backup(compose, folder / "archive.tgz", print)

    assert compose.verbs() == ["stop", "run", "up"]
    assert not (folder / "archive.tgz").exists()


def test_nothing_is_left_of_a_backup_that_failed(folder):
    with pytest.raises(Failed):
        backup(FakeCompose(folder, fails_at="pack"), folder / "archive.tgz", print)

    assert not list(folder.glob("archive*"))


def test_broker_that_a_killed_backup_has_left_standing_is_started(folder):
    compose = FakeCompose(folder, EVERYTHING - {"rabbitmq"})
    (folder / "archive.tgz.part").write_bytes(b"half of it")

    backup(compose, folder / "archive.tgz", print)

    assert compose.verbs() == ["stop", "run", "up"]


def test_broker_stays_as_it_was_where_nothing_runs(folder):
    compose = FakeCompose(folder, running=())

    backup(compose, folder / "archive.tgz", print)

    assert "up" not in compose.verbs()


def test_nothing_is_stopped_where_the_archive_cannot_be_written(folder):
    compose = FakeCompose(folder)

    with pytest.raises(FileNotFoundError):
        backup(compose, folder / "no such folder" / "archive.tgz", print)

    assert compose.asked == []


def test_backup_goes_over_no_file(folder, archive):
    compose = FakeCompose(folder)

    with pytest.raises(Refused, match="there already"):
        backup(compose, archive, print)

    assert compose.asked == []


def test_restore_stops_nothing_for_an_archive_that_is_not_whole(folder, archive):
    archive.write_bytes(archive.read_bytes()[:100])
    compose = FakeCompose(folder)

    with pytest.raises(Unusable):
        restore(compose, archive, print, overwrite=True)

    assert compose.asked == []


def test_restore_stops_nothing_unless_told_to(folder, archive):
    compose = FakeCompose(folder)

    with pytest.raises(Refused, match="running: edge"):
        restore(compose, archive, print, overwrite=False)

    assert compose.asked == []


def test_restore_stops_unpacks_and_starts(folder, archive):
    compose = FakeCompose(folder)

    restore(compose, archive, print, overwrite=True)

    assert compose.verbs() == ["stop", "run", "up"]
    assert set(compose.asked[0][1:]) == EVERYTHING
    assert "--overwrite" in compose.asked[1]


def test_what_was_stopped_stays_so_where_unpacking_failed(folder, archive):
    compose = FakeCompose(folder, fails_at="unpack")

    with pytest.raises(Failed):
        restore(compose, archive, print, overwrite=True)

    assert "up" not in compose.verbs()


def test_update_goes_service_by_service_with_images_first(folder):
    compose = FakeCompose(folder, EVERYTHING - {"outbox_relay"})

    update(compose, folder, pull=False, sleep=lambda _: None)

    assert compose.asked[0] == ("build",)
    assert compose.asked[2:4] == [("given", b"users"), ("given", b"queues")]
    started = [words[-1] for words in compose.asked if words[0] == "up"]
    rolled = [name for name in ONE.rolling if name != "outbox_relay"]
    assert started == ["rabbitmq", *rolled, "edge"]


def test_update_takes_the_metrics_last_and_only_where_they_run(folder):
    compose = FakeCompose(folder, {*EVERYTHING, "prometheus"})

    update(compose, folder, pull=False, sleep=lambda _: None)

    started = [words[-1] for words in compose.asked if words[0] == "up"]
    assert started[-2:] == ["edge", "prometheus"]


def test_update_stops_at_the_first_that_does_not_get_ready(folder):
    compose = FakeCompose(folder, fails_at="gateway_1")

    with pytest.raises(Failed):
        update(compose, folder, pull=False, sleep=lambda _: None)

    assert not [words for words in compose.asked if "gateway_2" in words]


def test_all_nodes_and_the_ledgers_database_stand_still_together(folder):
    compose = FakeCompose(folder, THREE, plan=CLUSTER)

    backup(compose, folder / "archive.tgz", print)

    stores = ("rabbitmq", "rabbitmq_2", "rabbitmq_3", "postgres")
    assert compose.verbs() == ["stop", "run", "up"]
    assert compose.asked[0] == ("stop", *stores)
    assert compose.asked[-1][-4:] == stores


def test_archive_of_one_node_is_not_put_into_a_cluster(folder, archive):
    compose = FakeCompose(folder, THREE, plan=CLUSTER)

    with pytest.raises(Refused, match="of one node, and here it has three"):
        restore(compose, archive, print, overwrite=True)

    assert compose.asked == []


def test_archive_of_a_cluster_is_restored_there_and_nowhere_else(folder):
    for name in CLUSTER.marks:
        (folder / name).mkdir()
        (folder / name / "file").write_text(name)
    compose, single = FakeCompose(folder, THREE, plan=CLUSTER), FakeCompose(folder)
    backup(compose, folder / "archive.tgz", print)

    with pytest.raises(Refused, match="of three nodes, and here it has one"):
        restore(single, folder / "archive.tgz", print, overwrite=True)
    restore(compose, folder / "archive.tgz", print, overwrite=True)

    assert single.asked == []
    assert compose.verbs()[3:] == ["stop", "run", "up"]
    assert set(compose.asked[3][1:]) == THREE


def test_update_takes_one_node_at_a_time_once_the_others_do_without_it(folder):
    compose = FakeCompose(folder, THREE, plan=CLUSTER)

    update(compose, folder, pull=False, sleep=lambda _: None)

    steps = [words for words in compose.asked if words[0] in {"exec", "up"}]
    nodes = steps[: 2 * len(CLUSTER.brokers)]
    awaited = [words[2] for words in nodes if words[0] == "exec"]
    started = [words[-1] for words in nodes if words[0] == "up"]
    assert awaited == started == list(CLUSTER.brokers)
    assert [words[0] for words in nodes] == ["exec", "up"] * 3
    ups = [words[-1] for words in compose.asked if words[0] == "up"]
    assert ups == [*CLUSTER.brokers, "postgres", *CLUSTER.rolling, "edge"]


def test_update_begins_with_nothing_where_a_node_is_away(folder):
    compose = FakeCompose(folder, THREE - {"rabbitmq_3"}, plan=CLUSTER)

    with pytest.raises(Failed, match="rabbitmq_3: not running"):
        update(compose, folder, pull=False, sleep=lambda _: None)

    assert compose.asked == []
