"""Traces cost nothing while they are off, and no collector can do harm while on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from functools import partial

import msgspec
import pytest
import structlog

from ingest_service.outbox_relay.batch import Row, plan
from shared import events
from shared.errors import SettingsError
from shared.events import ChangeData, ChangeEvent
from shared.settings import TraceSettings
from shared.tracing import starting
from shared.tracing.spans import NO_SPAN, Kind, publishing
from tests.plugins import collector as answers
from tests.plugins.collector import collecting
from tests.plugins.services import ROOT, free_port, start_ingest, until
from tests.plugins.sockets import change_body, signed_change

MODULES = (
    "ingest_service.app",
    "ingest_service.outbox_relay.__main__",
    "realtime_gateway.app",
    "mailer_worker.service",
)
REMOTE = f"00-{'a' * 32}-{'b' * 16}-01"


def event(**fields):
    return ChangeEvent(
        id="evt_1",
        source="/test",
        type="submission.updated",
        subject="s-1",
        time="2026-01-01T00:00:00Z",
        data=ChangeData(operation="UPDATE", submission_id="s-1"),
        **fields,
    )


def tracer_of(url, **environ):
    environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": url} | environ
    return starting.start("test", TraceSettings.load(environ))


def span_of(tracer, parent=msgspec.UNSET):
    return tracer.span("work", Kind.SERVER, parent=parent, attributes={"n": 1})


@pytest.fixture
def collector():
    with collecting() as running:
        yield running


@pytest.mark.parametrize("module", MODULES)
def test_nothing_of_opentelemetry_is_imported_while_traces_are_off(module):
    program = (
        f"import sys, {module}\n"
        "from shared.settings import TraceSettings\n"
        "from shared.tracing.starting import start\n"
        "assert not start('x', TraceSettings.load({})).is_on\n"
        "print(sorted(n for n in sys.modules if n.startswith(('opentel', 'google'))))"
    )
    told = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True
    )
    assert told.stdout.strip() == "[]", told.stderr


def test_event_goes_out_as_it_came_while_traces_are_off():
    tracer = starting.start("test", TraceSettings.load({}))
    for each in (event(), event(traceparent=REMOTE)):
        told, span = publishing(tracer, each, NO_SPAN)
        assert told is each
        assert span is NO_SPAN
        assert span.facts == {}


def test_event_names_the_publish_that_brought_it(collector):
    tracer = tracer_of(collector.url)
    outer = span_of(tracer, REMOTE)
    told, span = publishing(tracer, event(), outer)
    span.end()
    outer.end()
    tracer.close()

    (work,), (publish,) = (
        collector.named(name) for name in ("work", "publish melotech.changes")
    )
    assert told.traceparent == f"00-{'a' * 32}-{publish.span_id}-01"
    assert publish.parent_id == work.span_id
    assert work.parent_id == "b" * 16


def test_relay_publishes_each_row_within_a_trace_of_its_own(collector):
    tracer = tracer_of(collector.url)
    payload = change_body(id="s-1").decode()
    rows = [
        Row(
            sequence=n, event_id=f"evt_{n}", row_key="s-1", payload=payload, waits=False
        )
        for n in (1, 2)
    ]
    planned = plan(rows, table="submissions", now=1_795_435_200.0, tracer=tracer)
    for each in planned.publish:
        each.span.end()
    tracer.close()

    told = [events.decode(each.message.body).traceparent for each in planned.publish]
    assert len({each.split("-")[1] for each in told}) == 2
    assert {each.split("-")[2] for each in told} == {
        each.span_id for each in collector.spans
    }


@pytest.mark.parametrize(
    "parent",
    [
        msgspec.UNSET,
        "",
        "nonsense",
        f"ff-{'a' * 32}-{'b' * 16}-01",
        f"00-{'0' * 32}-{'b' * 16}-01",
        f"00-{'a' * 32}-{'0' * 16}-01",
        f"00-{'x' * 32}-{'b' * 16}-01",
        f"00-{'a' * 32}-{'b' * 16}",
    ],
)
def test_parent_that_is_none_begins_a_trace(collector, parent):
    tracer = tracer_of(collector.url)
    span_of(tracer, parent).end()
    tracer.close()

    (seen,) = collector.spans
    assert seen.parent_id == ""
    assert seen.trace_id != "a" * 32


@pytest.mark.parametrize(
    ("sampler", "argument", "parent", "kept"),
    [
        ("parentbased_always_on", "", msgspec.UNSET, True),
        ("parentbased_always_on", "", REMOTE[:-1] + "0", False),
        ("always_on", "", REMOTE[:-1] + "0", True),
        ("always_off", "", REMOTE, False),
        ("parentbased_always_off", "", REMOTE, True),
        ("parentbased_traceidratio", "0", msgspec.UNSET, False),
        ("parentbased_traceidratio", "0", REMOTE, True),
        ("traceidratio", "1", msgspec.UNSET, True),
    ],
)
def test_sampler_decides_what_is_kept_and_the_flag_says_so(
    collector, sampler, argument, parent, kept
):
    tracer = tracer_of(
        collector.url, OTEL_TRACES_SAMPLER=sampler, OTEL_TRACES_SAMPLER_ARG=argument
    )
    span = span_of(tracer, parent)
    span.end()
    tracer.close()

    assert len(collector.spans) == kept
    assert span.traceparent.endswith("-01" if kept else "-00")


def test_service_is_called_as_the_operator_wants(collector):
    tracer = tracer_of(collector.url, OTEL_SERVICE_NAME="melotech-ingest")
    span_of(tracer).end()
    tracer.close()

    assert collector.spans[0].service == "melotech-ingest"


@pytest.mark.parametrize(
    "environ",
    [
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4317"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://me:pw@collector"},
        {"OTEL_TRACES_SAMPLER": "sometimes"},
        {"OTEL_TRACES_SAMPLER_ARG": "2"},
        {"OTEL_EXPORTER_OTLP_HEADERS": "a secret without a name"},
    ],
)
def test_settings_that_cannot_be_used_are_told_without_their_values(environ):
    with pytest.raises(SettingsError) as told:
        TraceSettings.load(environ)
    (name, value) = environ.popitem()
    assert name in str(told.value)
    assert value not in str(told.value) or len(value) < 2


@pytest.mark.parametrize(
    "answer", [answers.nonsense, answers.refusal, answers.silence, answers.endless]
)
def test_collector_costs_lost_spans_and_no_time(collector, answer):
    collector.answer = answer
    tracer = tracer_of(collector.url)
    with structlog.testing.capture_logs() as told:
        started = time.monotonic()
        for _ in range(5_000):
            span_of(tracer).end()
        made = time.monotonic() - started
        until(lambda: collector.headers)
        started = time.monotonic()
        tracer.close()

    assert made < 5.0
    assert time.monotonic() - started < 3.0
    assert [each["event"] for each in told] in ([], ["traces.lost"])


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_collector_that_sends_us_elsewhere_is_not_followed_and_told(collector, status):
    with collecting() as other:
        collector.answer = partial(answers.elsewhere, status=status, url=other.url)
        tracer = tracer_of(
            collector.url, OTEL_EXPORTER_OTLP_HEADERS="x-key=secret-of-the-collector"
        )
        with structlog.testing.capture_logs() as told:
            span_of(tracer).end()
            tracer.close()

        (sent,) = collector.headers
        assert sent["x-key"] == "secret-of-the-collector"
        assert other.headers == []
    assert [each["event"] for each in told] == ["traces.lost"]


def test_webhooks_are_taken_and_sigterm_ends_while_the_collector_is_away(
    start, bus_url
):
    away = f"http://127.0.0.1:{free_port()}"
    ingest = start_ingest(start, bus_url, OTEL_EXPORTER_OTLP_ENDPOINT=away)

    assert all(signed_change(ingest)["event_id"] for _ in range(10))
    started = time.monotonic()
    assert ingest.stop() == 0
    assert time.monotonic() - started < 10.0
    assert "Traceback" not in ingest.output()


@pytest.mark.parametrize("answer", [answers.refusal, answers.silence, answers.endless])
def test_webhooks_are_taken_and_sigterm_ends_while_the_collector_is_no_help(
    start, bus_url, collector, answer
):
    collector.answer = answer
    ingest = start_ingest(
        start,
        bus_url,
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
        OTEL_EXPORTER_OTLP_HEADERS="x-key=secret-of-the-collector",
        OTEL_BSP_SCHEDULE_DELAY="100",
    )

    assert signed_change(ingest)["event_id"]
    until(lambda: collector.headers)
    assert all(signed_change(ingest)["event_id"] for _ in range(10))
    started = time.monotonic()
    assert ingest.stop() == 0
    assert time.monotonic() - started < 10.0
    assert "Traceback" not in ingest.output()
    assert "secret-of-the-collector" not in ingest.output()


def test_workers_that_take_over_go_on_telling(start, bus_url, collector):
    ingest = start_ingest(
        start,
        bus_url,
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
        INGEST_WORKERS="1",
    )
    signed_change(ingest)
    before = ingest.output().count("broker.ready")

    os.kill(ingest.pid, signal.SIGHUP)

    until(lambda: ingest.output().count("broker.ready") > before)
    # The one that has ended has told what it had.
    until(lambda: len(collector.named("POST /webhook/submission-update")) == 1)
    signed_change(ingest)
    until(lambda: len(collector.named("POST /webhook/submission-update")) == 2)
