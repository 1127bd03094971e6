"""The door to OpenTelemetry: spans in batches, by OTLP over HTTP, to a collector.

A collector that is away, slow or talks nonsense costs the spans that it did not take,
and one log line. Source: OTLP 1.x over HTTP with protobuf; W3C Trace Context.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import requests
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, TracerProvider, sampling
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    SpanExporter,
    SpanExportResult,
)
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)
from opentelemetry.trace import Span as OtelSpan
from opentelemetry.trace import Tracer as OtelTracer
from opentelemetry.util.re import parse_env_headers

from shared import logs
from shared.settings import TraceSettings
from shared.tracing.spans import Attributes, Kind, Span, Traceparent, Tracer
from shared.version import __version__

log = logs.get(__name__)

#: What waits at the end may take this long, in seconds.
CLOSE_DEADLINE = 2.0
#: A longer text in an attribute is cut.
MAX_ATTRIBUTE = 256
#: Of a collector's answer, and in how many seconds: nothing in it is needed.
MAX_ANSWER_BYTES, ANSWER_DEADLINE = 65_536, 10.0

_KINDS = {
    Kind.SERVER: SpanKind.SERVER,
    Kind.CLIENT: SpanKind.CLIENT,
    Kind.PRODUCER: SpanKind.PRODUCER,
    Kind.CONSUMER: SpanKind.CONSUMER,
}
_NOBODY: Final = Context()


def open_tracer(service: str, settings: TraceSettings) -> Tracer:
    """Return a tracer whose spans go to the collector that the settings name."""
    secret = settings.otel_exporter_otlp_headers
    headers = secret.get_secret_value() if secret else ""
    exporter = OTLPSpanExporter(
        endpoint=f"{settings.otel_exporter_otlp_endpoint}/v1/traces",
        headers=parse_env_headers(headers, liberal=True),
        session=_Session(),
    )
    named = {"service.name": settings.otel_service_name or service}
    provider = TracerProvider(
        sampler=_sampler(settings),
        resource=Resource.create({**named, "service.version": __version__}),
        span_limits=SpanLimits(max_attribute_length=MAX_ATTRIBUTE),
        shutdown_on_exit=False,
    )
    provider.add_span_processor(BatchSpanProcessor(_Telling(exporter)))
    return _Tracer(provider)


def _sampler(settings: TraceSettings) -> sampling.Sampler:
    name = settings.otel_traces_sampler
    kind = name.removeprefix("parentbased_")
    root: sampling.Sampler = {
        "always_on": sampling.ALWAYS_ON,
        "always_off": sampling.ALWAYS_OFF,
    }.get(kind) or sampling.TraceIdRatioBased(settings.otel_traces_sampler_arg)
    return root if kind == name else sampling.ParentBased(root)


class _Tracer:
    is_on: Final = True

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer: OtelTracer = provider.get_tracer("melotech", __version__)

    def span(
        self,
        name: str,
        kind: Kind,
        *,
        parent: Span | Traceparent,
        attributes: Attributes,
        since: int | None = None,
    ) -> Span:
        return _Span(
            self._tracer.start_span(
                name,
                context=_context_of(parent),
                kind=_KINDS[kind],
                attributes=dict(attributes),
                start_time=since,
            )
        )

    def close(self) -> None:
        # Its own deadline is half a minute, and a retry's pause is not cut short.
        ending = threading.Thread(
            target=self._provider.shutdown, name="traces-end", daemon=True
        )
        ending.start()
        ending.join(CLOSE_DEADLINE)


class _Span:
    __slots__ = ("_span", "facts", "traceparent")

    def __init__(self, span: OtelSpan) -> None:
        context = span.get_span_context()
        trace_id = f"{context.trace_id:032x}"
        self._span = span
        self.traceparent: Traceparent = (
            f"00-{trace_id}-{context.span_id:016x}-{context.trace_flags & 1:02x}"
        )
        self.facts: Mapping[str, str] = {"trace_id": trace_id}

    @property
    def context(self) -> Context:
        return set_span_in_context(self._span, _NOBODY)

    def note(self, attributes: Attributes) -> None:
        self._span.set_attributes(dict(attributes))

    def fail(self, reason: str) -> None:
        self._span.set_status(Status(StatusCode.ERROR, reason))
        self._span.set_attribute("error.type", reason)

    def end(self) -> None:
        self._span.end()


def _context_of(parent: Span | Traceparent) -> Context:
    if isinstance(parent, _Span):
        return parent.context
    told = parent if isinstance(parent, str) else parent and parent.traceparent
    remote = _remote(told) if isinstance(told, str) else None
    if remote is None or not remote.is_valid:
        return _NOBODY
    return set_span_in_context(NonRecordingSpan(remote), _NOBODY)


def _remote(traceparent: str) -> SpanContext | None:
    try:
        version, trace_id, span_id, flags = traceparent.split("-")
        if version == "ff":
            return None
        return SpanContext(
            int(trace_id, 16),
            int(span_id, 16),
            is_remote=True,
            trace_flags=TraceFlags(int(flags, 16) & TraceFlags.SAMPLED),
        )
    except ValueError:
        return None


class _Telling(SpanExporter):
    """Say once that spans are lost, and once that they are taken again."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._failing = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        try:
            result = self._exporter.export(spans)
        except Exception:  # noqa: BLE001 # a collector's nonsense
            result = SpanExportResult.FAILURE
        failed = result is not SpanExportResult.SUCCESS
        if failed and not self._failing:
            log.warning("traces.lost", reason="the collector does not take them")
        elif self._failing and not failed:
            log.info("traces.taken")
        self._failing = failed
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()


class _Session(requests.Session):
    """Answers within bounds, whatever the collector sends, and for how long."""

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> Any:
        answer = super().send(request, **{**kwargs, "stream": True})
        deadline = time.monotonic() + ANSWER_DEADLINE
        body = bytearray()
        with answer:
            while piece := answer.raw.read1(8_192):
                body += piece
                if len(body) > MAX_ANSWER_BYTES or time.monotonic() > deadline:
                    raise requests.ConnectionError("the answer does not end")
        if HTTPStatus.MULTIPLE_CHOICES <= answer.status_code < HTTPStatus.BAD_REQUEST:
            # It is not followed, and the exporter would take it for a yes.
            raise requests.RequestException("the collector sends us elsewhere")
        answer._content = bytes(body)  # as `requests` itself keeps it
        answer._content_consumed = True  # type: ignore[attr-defined]
        return answer
