"""One change is one trace: from its webhook to its sockets and to its mail."""

from __future__ import annotations

import asyncio
import json

import pytest
import requests

from tests.plugins.collector import collecting
from tests.plugins.mails import inbox, mails_told
from tests.plugins.services import (
    signed,
    start_gateway,
    start_ingest,
    start_mailer,
    until,
)
from tests.plugins.sockets import Client, change_body, login, users_id

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SERVER, CLIENT, PRODUCER, CONSUMER = 2, 3, 4, 5


class System:
    def __init__(self, start, bus_url, folder, supabase, mailgun, collector, **more):
        environ = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "OTEL_EXPORTER_OTLP_HEADERS": "x-key=of%20the%20collector",
            "OTEL_BSP_SCHEDULE_DELAY": "200",
            **more,
        }
        self.supabase, self.mailgun, self.collector = supabase, mailgun, collector
        self.ingest = start_ingest(start, bus_url, **environ)
        self.gateway = start_gateway(
            start, bus_url, supabase.url, folder / "g", **environ
        )
        self.mailer = start_mailer(start, bus_url, supabase.url, mailgun.url, **environ)
        self.ada = users_id(supabase, "ada@melotech.test")[0]

    def change(self, **headers):
        body = change_body(userid=self.ada)
        answer = requests.post(
            f"{self.ingest.url}/webhook/submission-update",
            data=body,
            headers={**signed(body), **headers},
            timeout=10,
        )
        assert answer.status_code == 202, answer.text
        return answer

    def span(self, name, event_id):
        (found,) = until(lambda: self.spans(name, event_id))
        return found

    def spans(self, name, event_id):
        named = self.collector.named(name)
        return [e for e in named if e.attributes["messaging.message.id"] == event_id]


@pytest.fixture
def collector():
    with collecting() as running:
        yield running


@pytest.fixture
def system(start, bus_url, tmp_path, supabase, mailgun, collector):
    return System(start, bus_url, tmp_path, supabase, mailgun, collector)


def line(process, event, **facts):
    for text in process.output().splitlines():
        told = json.loads(text) if text.startswith("{") else {}
        if told.get("event") == event and facts.items() <= told.items():
            return told
    return None


async def test_change_is_one_trace_from_its_webhook_to_sockets_and_mail(
    system, bus_url
):
    async with Client(system.gateway, "admin") as admin:
        await admin.auth(login(system.supabase, "admin@melotech.test"))
        await admin.next("welcome")
        given = f"00-{TRACE}-{SPAN}-01"
        answer = await asyncio.to_thread(system.change, traceparent=given)
        event_id = answer.json()["event_id"]
        await admin.next("submission_update")
        told = await admin.next("email_update")
    publish = system.span("publish melotech.changes", event_id)
    deliver = system.span("deliver", event_id)
    process = system.span("process mailer.status-changes", event_id)
    call = system.span("POST /v3/{domain}/messages", event_id)
    of_mail = system.span("deliver", told["id"])
    (webhook,) = until(
        lambda: system.collector.named("POST /webhook/submission-update")
    )

    spans = (webhook, publish, deliver, process, call, of_mail)
    assert {each.trace_id for each in spans} == {TRACE}
    assert [each.parent_id for each in spans] == [
        SPAN,
        webhook.span_id,
        publish.span_id,
        publish.span_id,
        process.span_id,
        process.span_id,
    ]
    assert [each.kind for each in spans] == [
        SERVER,
        PRODUCER,
        CONSUMER,
        CONSUMER,
        CLIENT,
        CONSUMER,
    ]
    assert [each.service for each in spans] == [
        "ingest_service",
        "ingest_service",
        "realtime_gateway",
        "mailer_worker",
        "mailer_worker",
        "realtime_gateway",
    ]
    assert webhook.attributes["http.response.status_code"] == 202
    assert webhook.attributes["melotech.request_id"] == answer.headers["X-Request-Id"]
    assert deliver.attributes["melotech.sockets"] == 1
    assert call.attributes["http.response.status_code"] == 200
    assert process.attributes["melotech.outcome"] == "accepted"
    assert {each["x-key"] for each in system.collector.headers} == {"of the collector"}
    # The same trace in the lines of all services.
    for service, name in (
        (system.ingest, "webhook.taken"),
        (system.gateway, "event.told"),
        (system.mailer, "delivery.settled"),
    ):
        assert line(service, name, event_id=event_id)["trace_id"] == TRACE
    assert {each.traceparent.split("-")[1] for each in mails_told(bus_url)} == {TRACE}
    assert inbox(system.mailgun)
    sent = b"".join(system.collector.raw)
    assert b"ada@" not in sent
    assert b"whsec_" not in sent


def test_change_without_a_trace_begins_one_and_nobody_unsigned_joins_one(system):
    first = system.change().json()["event_id"]
    second = system.change().json()["event_id"]
    refused = requests.post(
        f"{system.ingest.url}/webhook/submission-update",
        data=b"{}",
        headers={"traceparent": f"00-{TRACE}-{SPAN}-01"},
        timeout=5,
    )
    assert refused.status_code == 401

    begun = [system.span("deliver", each) for each in (first, second)]
    webhooks = until(
        lambda: (
            len(found := system.collector.named("POST /webhook/submission-update")) == 3
            and found
        )
    )
    roots = {each.trace_id for each in webhooks}
    assert len(roots) == 3
    assert TRACE not in roots
    assert {each.trace_id for each in begun} < roots
    assert {each.parent_id for each in webhooks} == {""}


def test_trace_that_is_not_sampled_is_carried_on_and_not_sent(system):
    unseen = system.change(traceparent=f"00-{TRACE}-{SPAN}-00").json()["event_id"]
    seen = system.change().json()["event_id"]

    system.span("process mailer.status-changes", seen)
    system.span("deliver", seen)
    told = until(lambda: line(system.mailer, "delivery.settled", event_id=unseen))
    assert told["trace_id"] == TRACE
    assert TRACE not in {each.trace_id for each in system.collector.spans}


def test_what_waits_is_sent_at_the_end(
    start, bus_url, tmp_path, supabase, mailgun, collector
):
    system = System(
        start,
        bus_url,
        tmp_path,
        supabase,
        mailgun,
        collector,
        OTEL_BSP_SCHEDULE_DELAY="60000",
    )
    event_id = system.change().json()["event_id"]
    until(lambda: line(system.mailer, "delivery.settled", event_id=event_id))
    until(lambda: line(system.gateway, "event.told", event_id=event_id))
    assert collector.spans == []

    for service in (system.ingest, system.gateway, system.mailer):
        assert service.stop() == 0

    for name in (
        "publish melotech.changes",
        "deliver",
        "process mailer.status-changes",
    ):
        assert system.spans(name, event_id), name
