"""What the gateway and the ingest service answer is what docs/openapi.yaml says."""

from __future__ import annotations

import copy
import json

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from requests.auth import AuthBase
from schemathesis.specs.openapi.checks import positive_data_acceptance

from ingest_service.app import create_app
from ingest_service.settings import IngestSettings
from realtime_gateway.app import running
from realtime_gateway.settings import GatewaySettings
from tests.plugins.changes import mail, press
from tests.plugins.mailgun_webhooks import KEY, fresh_signature
from tests.plugins.openapi import DOCUMENT, faults, operations
from tests.plugins.services import (
    SECRET,
    SERVICE_KEY,
    signed,
    start_gateway,
    start_ingest,
    start_supabase,
    until,
)
from tests.plugins.sockets import login, signed_change, users_id

#: They speak WebSocket: docs/asyncapi.yaml.
SOCKETS = ("/ws/{room}", "get")
OF_INGEST = ("/webhook/", "/unsubscribe/")
INGEST = {each for each in operations() if each[0].startswith(OF_INGEST)}
BOTH = {("/health", "get"), ("/metrics", "get"), ("/ready", "get")}
BRACES = str.maketrans("<>", "{}")
NO_BROKER = "amqp://a:b@127.0.0.1:1/"
SUBMISSION = "9a1f0e0c-7f39-4a53-8a4e-50f4b8f2b0de"
OF_STREAMS = {"Last-Event-ID", "artist_id", "status", "submission_id", "max_rate"}
MESSAGE = {"$ref": "#/components/schemas/StreamMessage"}
PROBLEM = {"$ref": "#/components/schemas/Problem"}
FEW = settings(
    max_examples=10,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


async def test_every_address_of_the_gateway_is_described_and_no_other(tmp_path):
    environ = {
        "RABBITMQ_URL": NO_BROKER,
        "SUPABASE_URL": "http://127.0.0.1:1",
        "SUPABASE_SERVICE_ROLE_KEY": SERVICE_KEY,
        "GATEWAY_DATA_DIR": str(tmp_path),
    }
    async with running(GatewaySettings.load(environ)) as gateway:
        routes = gateway.app.router.routes()
        found = {(each.resource.canonical, each.method.lower()) for each in routes}

    # HEAD comes with each GET.
    described = {(path, m) for path, m in found if m != "head"} - {SOCKETS}
    assert described == operations() - INGEST


def test_every_address_of_the_ingest_service_is_described_and_no_other():
    environ = {
        "RABBITMQ_URL": NO_BROKER,
        "WEBHOOK_SECRET": SECRET,
        "MAILGUN_WEBHOOK_SIGNING_KEY": KEY,
        "UNSUBSCRIBE_SECRET": SECRET,
    }
    app = create_app(IngestSettings.load(environ), forwarder=None)

    # HEAD and OPTIONS come by themselves.
    assert {
        (rule.rule.translate(BRACES), method.lower())
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
    } == INGEST | BOTH


@pytest.fixture(scope="module")
def supabase(start_for_module, tmp_path_factory):
    return start_supabase(start_for_module, tmp_path_factory.mktemp("supabase"))


@pytest.fixture(scope="module")
def ingest(start_for_module, bus_url_for_module, tmp_path_factory):
    return start_ingest(
        start_for_module,
        bus_url_for_module,
        MAILGUN_WEBHOOK_SIGNING_KEY=KEY,
        UNSUBSCRIBE_SECRET=SECRET,
        MAX_REFUSED_PER_MINUTE="1000000",
        INGEST_DATA_DIR=str(tmp_path_factory.mktemp("ingest")),
    )


@pytest.fixture(scope="module")
def gateway(start_for_module, bus_url_for_module, supabase, tmp_path_factory):
    return start_gateway(
        start_for_module,
        bus_url_for_module,
        supabase.url,
        tmp_path_factory.mktemp("gateway"),
        MAX_REQUESTS_PER_SECOND="100000",
    )


@pytest.fixture(scope="module")
def bearer(supabase):
    return {"Authorization": f"Bearer {login(supabase, 'admin@melotech.test')}"}


@pytest.fixture(scope="module")
def known_event(ingest, gateway, supabase, bearer, bus_url_for_module):
    """The id of an event that the gateway has told of, a mail's fate after it."""
    ada = users_id(supabase, "ada@melotech.test")[0]
    event_id = signed_change(ingest, id=SUBMISSION, userid=ada)["event_id"]
    with press(bus_url_for_module) as bus:
        (last,) = bus.publish(mail(submission=SUBMISSION))
    url = f"{gateway.url}/api/stats"
    until(lambda: requests.get(url, headers=bearer, timeout=5).json()["as_of"] == last)
    return event_id


class Signed(AuthBase):
    """Signs whatever is sent, as the database would, and Mailgun."""

    def __call__(self, request):
        if request.url.endswith("/webhook/mailgun"):
            request.prepare_body(stamped(request.body or b""), None)
        elif "/webhook/" in request.url:
            request.headers.update(signed(request.body or b""))
        return request


def stamped(body):
    """Return a body with a signature that holds, where it has one of the right form."""
    try:
        document = json.loads(body)
    except ValueError:
        return body
    described = {"$ref": "#/components/schemas/MailgunWebhook/properties/signature"}
    if not isinstance(document, dict) or faults(described, document.get("signature")):
        return body
    return json.dumps(document | {"signature": fresh_signature()}).encode()


@pytest.fixture(autouse=True)
def node_id(request):
    """Name the test where schemathesis looks; pytest has it elsewhere by now."""
    request.node._nodeid = request.node.nodeid


@pytest.fixture(scope="module")
def asked_for_pages():
    """The document as it is for who does not accept event streams."""
    document = copy.deepcopy(DOCUMENT)
    events = document["paths"]["/api/events"]["get"]
    events["parameters"] = [
        each for each in events["parameters"] if each.get("name") not in OF_STREAMS
    ]
    api = schemathesis.openapi.from_dict(document)
    # The tests' own keys are sent, or what is generated would hardly ever be let in.
    api.config.generation.update(with_security_parameters=False)
    return api


def is_answered_as_described(case, gateway, ingest, bearer, known_event):
    path, method = case.operation.path, case.operation.method
    if "since" in case.query and case.meta.generation.mode.is_positive:
        # The gateway waits a while for one that it does not know.
        case.query["since"] = known_event
    # A text may look like a cursor and be none.
    excluded = [positive_data_acceptance] if "cursor" in case.query else []
    if (path, method) not in INGEST:
        operator = {"Authorization": f"Bearer {SERVICE_KEY}"}
        case.call_and_validate(
            gateway.url,
            headers=operator if path.startswith("/admin/") else bearer,
            excluded_checks=excluded,
            timeout=10,
        )
    if (path, method) in INGEST | BOTH:
        case.call_and_validate(ingest.url, auth=Signed(), timeout=10)


# One test for each, of a name of its own: items that share one are run just once when
# several workers run the tests. From a fixture: what is sent is thought out where the
# test runs, and not by every worker that collects it.
for path, method in sorted(operations()):
    operation = DOCUMENT["paths"][path][method]["operationId"]
    about = schemathesis.pytest.from_fixture("asked_for_pages").include(
        operation_id=operation
    )
    checked = about.parametrize()(is_answered_as_described)
    globals()[f"test_{operation}_is_answered_as_described"] = FEW(checked)


def stream(gateway, bearer, **params):
    headers = bearer | {"Accept": "text/event-stream"}
    url = f"{gateway.url}/api/events"
    return requests.get(url, params=params, headers=headers, stream=True, timeout=10)


def test_stream_tells_what_is_described_and_its_last_word_too(
    gateway, bearer, known_event
):
    with stream(gateway, bearer, since=known_event, max_rate=100) as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        assert answer.headers["Cache-Control"] == "no-store"
        lines = answer.iter_lines(decode_unicode=True)
        told = (json.loads(line[6:]) for line in lines if line.startswith("data: "))
        welcome, outcome = next(told), next(told)
        ended = requests.post(
            f"{gateway.url}/admin/disconnect",
            json={"connection_id": welcome["connection_id"]},
            headers={"Authorization": f"Bearer {SERVICE_KEY}"},
            timeout=5,
        )
        messages = [welcome, outcome, *told]

    assert ended.json()["disconnected"] == 1
    assert [fault for each in messages for fault in faults(MESSAGE, each)] == []
    # Changes that other tests have sent meanwhile may stand in between.
    kinds = [each["type"] for each in messages]
    assert [*kinds[:2], kinds[-1]] == ["welcome", "email_update", "close"]


@pytest.mark.parametrize(
    "params",
    [
        {"limit": "5"},
        {"type": "submission.updated"},
        {"max_rate": "0"},
        {"max_rate": "1001"},
        {"max_rate": "nan"},
        {"status": "x" * 201},
        {"since": ["a", "b"]},
    ],
)
def test_stream_that_cannot_be_had_is_a_problem(gateway, bearer, params):
    with stream(gateway, bearer, **params) as answer:
        assert answer.status_code == 400
        assert answer.headers["Content-Type"].startswith("application/problem+json")
        assert faults(PROBLEM, answer.json()) == []
