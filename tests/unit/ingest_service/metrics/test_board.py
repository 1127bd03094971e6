"""The board: what workers count adds up, and stays when they end."""

import os

from prometheus_client import CollectorRegistry

from ingest_service.metrics import meter as layout
from ingest_service.metrics.board import PID, WIDTH, Board
from ingest_service.metrics.exposed import Processes, Webhooks
from ingest_service.metrics.meter import Meter

UPDATE = {"endpoint": "submission-update", "outcome": "published"}
SECONDS = "melotech_ingest_webhook_seconds"


def worker(board):
    """Return place and meter of a next worker, which is this process."""
    place = board.take()
    meter = Meter(board.mine())
    meter.begin()
    return place, meter


def read(board):
    registry = CollectorRegistry()
    registry.register(Webhooks(board))
    return registry.get_sample_value


def test_no_two_figures_have_the_same_place_in_a_row():
    histograms = [layout.CONFIRMS, *layout.DURATIONS.values()]
    places = [PID, layout.READY, *layout.COUNTS.values()]
    places += range(layout.GC, min(layout.COUNTS.values()))
    for begin in histograms:
        places += range(begin, begin + layout.BINS + 1)

    assert len(places) == len(set(places))
    assert max(places) < WIDTH


def test_counts_of_workers_add_up():
    board = Board(rows=4)
    for _ in range(2):
        _, meter = worker(board)
        meter.answered("submission-update", "published", 0.003)
        meter.beat(ready=True)

    value = read(board)
    assert value("melotech_ingest_webhooks_total", UPDATE) == 2
    assert value("melotech_ingest_workers") == 2
    assert value("melotech_ingest_broker_connected") == 2


def test_worker_that_ended_leaves_its_counts_and_no_gauge():
    board = Board(rows=4)
    place, meter = worker(board)
    meter.beat(ready=True)
    meter.answered("submission-update", "published", 0.003)

    board.give_back(place)

    value = read(board)
    assert value("melotech_ingest_webhooks_total", UPDATE) == 1
    assert value("melotech_ingest_workers") == 0
    assert value("melotech_ingest_broker_connected") == 0


def test_next_worker_goes_on_in_the_row_of_the_one_that_ended():
    board = Board(rows=1)
    place, meter = worker(board)
    meter.answered("submission-update", "published", 0.003)
    board.give_back(place)

    again, meter = worker(board)
    meter.answered("submission-update", "published", 0.003)

    assert again == place
    assert read(board)("melotech_ingest_webhooks_total", UPDATE) == 2


def test_worker_without_a_row_counts_for_nobody_and_harms_none():
    board = Board(rows=1)
    worker(board)
    place, meter = worker(board)
    meter.answered("submission-update", "published", 0.003)
    board.give_back(place)

    assert place is None
    assert read(board)("melotech_ingest_webhooks_total", UPDATE) == 0


def test_what_a_forked_process_counts_is_seen():
    board = Board(rows=2)
    board.take()
    child = os.fork()
    if not child:
        Meter(board.mine()).answered("other", "unknown", 0.0)
        os._exit(0)
    os.waitpid(child, 0)

    told = {"endpoint": "other", "outcome": "unknown"}
    assert read(board)("melotech_ingest_webhooks_total", told) == 1


def test_histogram_has_what_was_taken_by_its_time_and_nothing_of_strangers():
    board = Board(rows=1)
    _, meter = worker(board)
    meter.answered("mailgun", "ignored", 0.0005)
    meter.answered("mailgun", "published", 0.0006)
    meter.answered("mailgun", "spooled", 99.0)
    meter.answered("mailgun", "unauthorized", 9.0)
    meter.confirmed(0.02)

    value = read(board)
    of = {"endpoint": "mailgun"}
    assert value(f"{SECONDS}_bucket", of | {"le": "0.0005"}) == 1
    assert value(f"{SECONDS}_bucket", of | {"le": "0.001"}) == 2
    assert value(f"{SECONDS}_bucket", of | {"le": "10.0"}) == 2
    assert value(f"{SECONDS}_bucket", of | {"le": "+Inf"}) == 3
    assert value(f"{SECONDS}_count", of) == 3
    assert value(f"{SECONDS}_sum", of) == 99.0011
    assert value("melotech_ingest_confirm_seconds_count") == 1


def test_processes_are_told_by_their_place_and_not_by_their_ids():
    board = Board(rows=2)
    worker(board)

    told = {each.name: each for each in Processes(board).collect()}

    memory = told["process_resident_memory_bytes"].samples
    assert {sample.labels["worker"] for sample in memory} == {"main", "0"}
    assert all(sample.value > 0 for sample in memory)
    collections = told["python_gc_collections"].samples
    assert [sample.labels["generation"] for sample in collections] == ["0", "1", "2"]


def test_process_that_has_ended_is_left_out():
    board = Board(rows=1)
    worker(board)
    board.mine()[PID] = 2**22 + 1

    told = {each.name: each for each in Processes(board).collect()}

    memory = told["process_resident_memory_bytes"].samples
    assert [sample.labels["worker"] for sample in memory] == ["main"]
