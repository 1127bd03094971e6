"""The mailer's metrics: what became of deliveries, of calls, and how it is now."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http import HTTPStatus

from prometheus_client import Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from mailer_worker.mail import Mail
from mailer_worker.state import State
from shared import metrics
from shared.errors import MeloTechError, Misconfigured, Permanent, Transient
from shared.events import ChangeEvent

OUTCOMES = (
    *("accepted", "skipped", "repeated", "waiting"),
    *("retried", "held", "uncertain", "dead-lettered"),
)
#: What a call came to. `refused`: the key, the domain or the account; `unreached`: it
#: surely did not reach Mailgun; `lost`: nobody knows.
ANSWERS = ("2xx", "3xx", "4xx", "429", "5xx", "refused", "unreached", "lost")
LEDGER_STATES = ("claimed", "uncertain")


def answer_of(error: MeloTechError | None) -> str:
    """Return what a call came to, one of ANSWERS; no error is a mail that was taken."""
    if error is None:
        return "2xx"
    if isinstance(error, Misconfigured):
        return "refused"
    if not isinstance(error, Transient | Permanent):
        return "lost"
    if error.status is None:
        return "unreached"
    if error.status == HTTPStatus.TOO_MANY_REQUESTS:
        return "429"
    return f"{min(max(error.status // 100, 2), 5)}xx"


def age_of(event: ChangeEvent, *, now: datetime) -> float | None:
    """Return the seconds since the change was received, None where it does not say."""
    try:
        received = datetime.fromisoformat(event.time)
    except ValueError:
        return None
    if received.tzinfo is None:
        return None
    return max(0.0, (now - received).total_seconds())


class Metrics:
    """Count, from any thread; `registry` is what `/metrics` tells."""

    def __init__(self, state: State) -> None:
        self.registry = metrics.registry("mailer_worker")
        self.registry.register(_Gauges(state))
        self._deliveries = Counter(
            "melotech_mailer_deliveries",
            "Deliveries that were settled.",
            ["outcome"],
            registry=self.registry,
        )
        self._calls = Counter(
            "melotech_mailer_calls",
            "Calls to hand a mail to Mailgun.",
            ["answer"],
            registry=self.registry,
        )
        self._call_seconds = Histogram(
            "melotech_mailer_call_seconds",
            "How long these calls took.",
            buckets=metrics.PATH_BUCKETS,
            registry=self.registry,
        )
        self._until_accepted = Histogram(
            "melotech_mailer_change_to_accepted_seconds",
            "From a change's receipt until Mailgun answered that it has the mail.",
            buckets=metrics.MAIL_BUCKETS,
            registry=self.registry,
        )
        for outcome in OUTCOMES:
            self._deliveries.labels(outcome)
        for answer in ANSWERS:
            self._calls.labels(answer)

    def settled(self, outcome: str) -> None:
        """Count a delivery that is done with."""
        self._deliveries.labels(outcome).inc()

    def accepted(self, event: ChangeEvent) -> None:
        """Count a mail that Mailgun has taken just now."""
        age = age_of(event, now=datetime.now(UTC))
        if age is not None:
            self._until_accepted.observe(age)

    def counting(self, send: Callable[[Mail], str]) -> Callable[[Mail], str]:
        """Return `send`, its calls counted and timed."""

        def call(mail: Mail) -> str:
            started = time.perf_counter()
            try:
                told = send(mail)
            except MeloTechError as error:
                self._called(error, started)
                raise
            self._called(None, started)
            return told

        return call

    def _called(self, error: MeloTechError | None, started: float) -> None:
        self._calls.labels(answer_of(error)).inc()
        self._call_seconds.observe(time.perf_counter() - started)


class _Gauges(Collector):
    """How the mailer is, as its state has it: whoever asks waits for no ledger."""

    def __init__(self, state: State) -> None:
        self._state = state

    def collect(self) -> Iterator[Metric]:
        state = self._state
        mails = GaugeMetricFamily(
            "melotech_mailer_ledger_mails",
            "Mails that have not ended, by their state in the ledger.",
            labels=["state"],
        )
        for name in LEDGER_STATES:
            mails.add_metric([name], state.mails.get(name, 0))
        yield mails
        for name, text, holds in (
            ("gate_open", "Whether all mails are taken.", state.trouble is None),
            ("broker_connected", "Whether the broker is there.", state.connected),
        ):
            yield GaugeMetricFamily(f"melotech_mailer_{name}", text, float(holds))
