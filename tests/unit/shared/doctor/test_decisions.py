"""What each fact means: one table for each decision."""

from __future__ import annotations

import base64
import hmac
import json
import re

import pytest

from shared.amqp.survey import Closed, Shut, State, Survey, Thing
from shared.doctor.checks import (
    certificate,
    clock,
    databases,
    folders,
    mailgun,
    reached,
    secret,
    supabase,
    topology,
    variables,
)
from shared.doctor.probes.certificate import Believed, Disbelieved
from shared.doctor.probes.databases import Told
from shared.doctor.probes.folders import Folder
from shared.doctor.probes.http import Answer, NoAnswer
from shared.topology import TOPOLOGY
from shared.version import __version__

NOW = 1_800_000_000.0
AWAY = NoAnswer("nobody listens there")
URL = "https://abcd.supabase.co"


def said(status: int, document: object = None) -> Answer:
    return Answer(status=status, body=json.dumps(document).encode())


def worst(findings) -> str:
    order = ["ok", "warning", "fault"]
    return max((each.verdict for each in findings), key=order.index, default="nothing")


def holds_remedies(findings) -> bool:
    return all(bool(each.remedy) is (each.verdict != "ok") for each in findings)


def jwt(secret_text: str = "s", **claims: object) -> str:
    def part(raw: bytes) -> str:
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    head = part(json.dumps({"alg": "HS256"}).encode())
    signed = f"{head}.{part(json.dumps(claims).encode())}"
    return (
        f"{signed}.{part(hmac.digest(secret_text.encode(), signed.encode(), 'sha256'))}"
    )


def whsec(raw: bytes) -> str:
    return "whsec_" + base64.b64encode(raw).decode()


@pytest.mark.parametrize(
    ("secrets", "verdict"),
    [
        ([whsec(bytes(range(32)))], "ok"),
        ([whsec(bytes(range(24)))], "ok"),
        ([whsec(bytes(range(23)))], "fault"),
        ([whsec(bytes(range(80)))], "warning"),
        ([whsec(b"a" * 32)], "fault"),
        (["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], "fault"),
        (["whsec_not base64 but long enough to be one"], "fault"),
        (["whsec_..."], "fault"),
        (["changeme-changeme-changeme"], "fault"),
        (["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], "fault"),
        (["short"], "fault"),
        (["3f9a6f2d5b1c4e7089aabbcc01d3e567"], "warning"),
        ([whsec(bytes(range(32))), whsec(bytes(range(1, 33)))], "warning"),
        ([whsec(bytes(range(32))), "short"], "fault"),
    ],
)
def test_webhook_secret(secrets, verdict):
    found = secret.webhook(secrets)

    assert worst(found) == verdict
    assert holds_remedies(found)
    assert not any(s in f.text + f.remedy for f in found for s in secrets)


def test_made_secrets_are_strong():
    from devstack.credentials.generated import missing

    for _ in range(50):
        made = missing({})
        assert worst(secret.webhook([made["WEBHOOK_SECRET"]])) == "ok"
        assert worst(secret.chosen("X", [made["UNSUBSCRIBE_SECRET"]])) == "ok"


@pytest.mark.parametrize(
    ("key", "verdict"),
    [
        ("sb_secret_abc", "ok"),
        ("sb_publishable_abc", "fault"),
        (jwt(role="service_role", ref="abcd", exp=NOW + 60), "warning"),
        (jwt(role="service_role"), "warning"),
        (jwt(role="service_role", ref="other"), "fault"),
        (jwt(role="service_role", exp=NOW - 60), "fault"),
        (jwt(role="anon", ref="abcd"), "fault"),
        ("a.b.c", "fault"),
        ("ä.b.c", "fault"),
        ("whatever", "fault"),
    ],
)
def test_kind_of_the_service_key(key, verdict):
    found = supabase.key_kind(key, url=URL, now=NOW)

    assert worst(found) == verdict
    assert holds_remedies(found)


@pytest.mark.parametrize(
    ("jwt_secret", "key", "verdict"),
    [
        ("right", jwt("right", role="service_role"), "ok"),
        ("wrong", jwt("right", role="service_role"), "fault"),
        ("any", "sb_secret_abc", "ok"),
    ],
)
def test_jwt_secret_must_have_signed_a_legacy_key(jwt_secret, key, verdict):
    assert worst(supabase.jwt_secret(jwt_secret, key)) == verdict


@pytest.mark.parametrize(
    ("reply", "has_secret", "verdict"),
    [
        (said(200, {"keys": [{"alg": "ES256"}]}), False, "ok"),
        (said(200, {"keys": [{"alg": "RS256"}]}), True, "ok"),
        (said(200, {"keys": []}), True, "ok"),
        (said(200, {"keys": []}), False, "fault"),
        (said(200, {"keys": [{"alg": "HS256"}]}), False, "fault"),
        (said(200, ["keys"]), True, "fault"),
        (said(200, {"keys": 5}), True, "fault"),
        (said(404), True, "fault"),
        (AWAY, True, "fault"),
    ],
)
def test_key_set(reply, has_secret, verdict):
    found = supabase.key_set(reply, has_secret=has_secret)

    assert worst(found) == verdict
    assert holds_remedies(found)


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        (said(200, []), "ok"),
        (said(400), "fault"),
        (said(401), "fault"),
        (said(404), "fault"),
        (said(540), "fault"),
        (AWAY, "fault"),
    ],
)
def test_table(reply, verdict):
    found = supabase.table("submissions", reply, variable="SUBMISSIONS_TABLE")

    assert worst(found) == verdict
    assert holds_remedies(found)


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        (said(404), "ok"),
        (said(401), "fault"),
        (said(403), "fault"),
        (said(500), "fault"),
        (AWAY, "fault"),
    ],
)
def test_administration(reply, verdict):
    assert worst(supabase.administration(reply)) == verdict


@pytest.mark.parametrize(
    ("here", "elsewhere", "verdict", "remedy"),
    [
        (said(400), None, "ok", ""),
        (said(401), None, "fault", "MAILGUN_API_KEY"),
        (said(401), said(401), "fault", "MAILGUN_API_KEY"),
        (said(401), said(400), "fault", "MAILGUN_BASE_URL=https://api.eu"),
        (said(404), said(400), "fault", "MAILGUN_BASE_URL=https://api.eu"),
        (said(404), said(404), "fault", "MAILGUN_DOMAIN"),
        (said(404), AWAY, "fault", "MAILGUN_DOMAIN"),
        (said(429), None, "warning", "again"),
        (AWAY, None, "fault", "MAILGUN_BASE_URL"),
    ],
)
def test_sending(here, elsewhere, verdict, remedy):
    found = mailgun.sending(here, elsewhere, other=mailgun.EU)

    assert worst(found) == verdict
    assert remedy in found[0].remedy


def test_each_region_knows_the_other():
    assert mailgun.other_region(mailgun.US) == mailgun.EU
    assert mailgun.other_region(mailgun.EU) == mailgun.US
    assert mailgun.other_region("http://127.0.0.1:8025") is None


def shown(**members: object) -> Answer:
    records = members.pop("records", [])
    return said(200, {"domain": members, "sending_dns_records": records})


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        (shown(state="active"), "ok"),
        (shown(state="active", type="sandbox"), "warning"),
        (shown(state="active", is_disabled=True), "fault"),
        (shown(state="disabled"), "fault"),
        (shown(state="unverified"), "fault"),
        (shown(state="new"), "warning"),
        (shown(state="active", records=[{"valid": "valid"}]), "ok"),
        (shown(state="active", records=[{"valid": "unknown"}]), "warning"),
        (shown(state="active", records="?"), "ok"),
        (said(200, []), "warning"),
        (said(401), "warning"),
        (said(404), "fault"),
        (said(500), "warning"),
        (AWAY, "nothing"),
    ],
)
def test_domain(reply, verdict):
    found = mailgun.domain(reply)

    assert worst(found) == verdict
    assert holds_remedies(found)


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [(said(200), "ok"), (said(403), "warning"), (said(500), "warning")],
)
def test_log_of_events(reply, verdict):
    assert worst(mailgun.log(reply)) == verdict


@pytest.mark.parametrize(
    ("sender", "verdict"),
    [
        ("MeloTech <noreply@mg.melotech.test>", "ok"),
        ("noreply@melotech.test", "ok"),
        ("noreply@elsewhere.test", "warning"),
        ("noreply@notmg.melotech.test", "warning"),
    ],
)
def test_sender_is_of_the_domain(sender, verdict):
    found = mailgun.sender(sender, "mg.melotech.test")

    assert worst(found) == verdict
    assert "noreply" not in found[0].text + found[0].remedy


@pytest.mark.parametrize(
    ("date", "took", "verdict"),
    [
        ("Fri, 15 Jan 2027 08:00:00 GMT", 0.0, "ok"),
        ("Fri, 15 Jan 2027 08:00:02 GMT", 0.0, "ok"),
        ("Fri, 15 Jan 2027 08:00:04 GMT", 0.0, "warning"),
        ("Fri, 15 Jan 2027 08:00:04 GMT", 4.0, "ok"),
        ("Fri, 15 Jan 2027 08:00:30 GMT", 0.0, "fault"),
        ("Fri, 15 Jan 2027 07:59:30 GMT", 0.0, "fault"),
        ("", 0.0, "nothing"),
        ("yesterday", 0.0, "nothing"),
    ],
)
def test_clock(date, took, verdict):
    answer = Answer(
        status=200, body=b"", date=date, asked_at=NOW, answered_at=NOW + took
    )

    assert worst(clock.beside("Mailgun", answer)) == verdict


@pytest.mark.parametrize(
    ("shown", "verdict"),
    [
        (Believed(ends_at=NOW + 60 * certificate.DAY), "ok"),
        (Believed(ends_at=NOW + 20 * certificate.DAY), "warning"),
        (Believed(ends_at=NOW + 6 * certificate.DAY), "fault"),
        (Disbelieved(reason="certificate has expired"), "fault"),
        (AWAY, "fault"),
    ],
)
def test_certificate(shown, verdict):
    found = certificate.judged(shown, now=NOW)

    assert worst(found) == verdict
    assert holds_remedies(found)


def test_address_without_https_is_for_this_machine_alone():
    assert worst(certificate.unencrypted("http://localhost:8000")) == "ok"
    assert worst(certificate.unencrypted("http://melotech.test")) == "fault"


def folder(**changes: object) -> Folder:
    plain = {
        "path": "/data",
        "exists": True,
        "is_folder": True,
        "writable": True,
        "free": 10**10,
    }
    return Folder(**(plain | changes))


@pytest.mark.parametrize(
    ("there", "verdict"),
    [
        (folder(), "ok"),
        (folder(is_folder=False), "fault"),
        (folder(writable=False), "fault"),
        (folder(foreign="spool.sqlite3"), "fault"),
        (folder(free=10**7), "fault"),
        (folder(free=10**9), "warning"),
        (folder(free=10**9, used=15 * 10**8), "ok"),
    ],
)
def test_folder(there, verdict):
    found = folders.judged(
        "GATEWAY_DATA_DIR", there, may_grow_to=2 * 10**9, limit="HISTORY_BYTES"
    )

    assert worst(found) == verdict
    assert holds_remedies(found)


@pytest.mark.parametrize(
    ("response", "verdict"),
    [(Told("1"), "ok"), (Told(None), "ok"), (Told("2"), "fault"), (AWAY, "fault")],
)
def test_ledger(response, verdict):
    assert worst(databases.ledger(response, layout=1)) == verdict


@pytest.mark.parametrize(
    ("version", "verdict"),
    [
        (databases.PACK, "ok"),
        (databases.PACK - 1, "fault"),
        (databases.PACK + 1, "warning"),
        ("x", "fault"),
        (None, "fault"),
    ],
)
def test_version_of_the_pack(version, verdict):
    assert worst(databases.pack(said(200, version))) == verdict


def test_pack_that_cannot_be_asked_is_needed_by_the_relay_alone():
    assert worst(databases.pack(said(404))) == "warning"
    assert worst(databases.outbox(Told(None))) == "fault"
    assert worst(databases.outbox(Told(str(databases.PACK)))) == "ok"


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        (said(200, {"status": "healthy", "version": __version__}), "ok"),
        (said(200, {"status": "healthy", "version": "0.0.1"}), "warning"),
        (said(200, {"status": "degraded"}), "warning"),
        (said(503, {"status": "unhealthy"}), "fault"),
        (said(502, "bad gateway"), "fault"),
        (said(200, ["healthy"]), "fault"),
        (AWAY, "fault"),
    ],
)
def test_health(reply, verdict):
    found = reached.health(reached.SERVICES, "ingest", reply, start="Start it.")

    assert worst(found) == verdict
    assert holds_remedies(found)


@pytest.mark.parametrize("why", Closed)
def test_broker_that_lets_nobody_in_is_told_with_a_remedy(why):
    shut = Shut(why=why, detail="nobody listens there")
    found = topology.reached({"broker:5672": shut})

    assert worst(found) == "fault"
    assert holds_remedies(found)


def test_node_that_is_away_is_named_and_is_no_fault_while_another_lets_us_in():
    away = Shut(why=Closed.AWAY, detail="nobody listens there")
    found = topology.reached({"a:5672": away, "b:5672": Survey(things=())})

    assert [(each.check, each.verdict) for each in found] == [
        ("node a:5672", "warning"),
        ("node b:5672", "ok"),
    ]
    assert holds_remedies(found)
    both = topology.reached({"a:5672": away, "b:5672": away})
    assert [each.verdict for each in both] == ["fault", "fault"]


@pytest.mark.parametrize(
    ("nodes", "members", "verdict"),
    [
        (1, 1, "nothing"),
        (3, 3, "ok"),
        (3, 2, "warning"),
        (5, 3, "ok"),
        (3, 1, "warning"),
    ],
)
def test_queue_on_fewer_nodes_than_there_are_is_told_of(nodes, members, verdict):
    queues = [
        {"name": queue.name, "members": [f"rabbit@{n}" for n in range(members)]}
        for queue in TOPOLOGY.queues
    ] + [{"name": "somebody.elses", "members": ["rabbit@0"]}, {"name": "classic"}]

    found = topology.spread(TOPOLOGY, queues=queues, nodes=nodes)

    assert worst(found) == verdict
    assert holds_remedies(found)
    if verdict == "warning":
        assert len(found) == len(TOPOLOGY.queues)
        assert "add_replica changes.log" in found[0].remedy


@pytest.mark.parametrize(
    ("state", "described", "verdict"),
    [
        (State.RIGHT, False, "ok"),
        (State.PRESENT, False, "warning"),
        (State.PRESENT, True, "ok"),
        (State.MISSING, True, "fault"),
        (State.DIFFERENT, False, "fault"),
        (State.UNUSABLE, False, "fault"),
    ],
)
def test_what_amqp_shows_of_a_queue(state, described, verdict):
    things = Thing(name="a", state=State.RIGHT), Thing(name="b", state=state)
    found = topology.looked_at(Survey(things=things), described=described)

    assert worst(found) == verdict
    assert holds_remedies(found)


def listed() -> tuple[list[dict], list[dict]]:
    queues = [
        {"name": queue.name, "arguments": dict(queue.arguments)}
        for queue in TOPOLOGY.queues
    ]
    bindings = [
        {"source": TOPOLOGY.exchange, "destination": queue.name, "routing_key": key}
        for queue in TOPOLOGY.queues
        for key in queue.routing_keys
    ]
    return queues, bindings


def test_management_pages_that_show_all_are_well():
    queues, bindings = listed()

    assert worst(topology.described(TOPOLOGY, queues=queues, bindings=bindings)) == "ok"


def test_management_pages_tell_of_arguments_and_bindings():
    queues, bindings = listed()
    queues[0]["arguments"]["x-max-age"] = "1D"
    del bindings[0]

    found = topology.described(TOPOLOGY, queues=queues, bindings=bindings)

    assert [each.verdict for each in found] == ["fault", "fault"]
    assert "x-max-age differs" in found[0].text
    assert "not bound for #" in found[1].text


def test_mistyped_names_are_those_that_look_like_one_that_is_not_set():
    known = ["MAILGUN_DOMAIN", "MAIL_SETTLE_SECONDS"]
    given = ["MAILGUN_DOMIAN", "MAIL_SETTLE_SECONDS", "PATH", "HOME", "MAIL_TEMPLATES"]

    found = variables.mistyped(given, known)

    assert [each.check for each in found] == ["MAILGUN_DOMIAN"]


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"public_url": None}, "PUBLIC_URL"),
        ({"allowed_origins": ["https://other.test"]}, "ALLOWED_ORIGINS"),
        ({"outcomes": False}, "MAILGUN_WEBHOOK_SIGNING_KEY"),
        ({}, None),
    ],
)
def test_what_is_missing_beside_what_is_there(changes, check):
    whole = {
        "public_url": "https://melotech.test",
        "allowed_origins": ["https://melotech.test"],
        "unsubscribe": True,
        "outcomes": True,
    }

    found = variables.together(**(whole | changes))

    assert [each.check for each in found] == ([check] if check else [])
    assert holds_remedies(found)


def test_no_variable_of_the_project_is_taken_for_a_slip_of_another():
    from pathlib import Path

    from devstack.stack import environment
    from shared.doctor import services

    root = Path(__file__).parents[4]
    example = re.findall(
        r"^# ?([A-Z][A-Z_]+)=", (root / ".env.example").read_text(), re.MULTILINE
    )
    given = [*example, *environment.merged(root, {}, {})]
    classes = services.classes_of(services.present())
    known = {name.upper() for cls in classes for name in cls.model_fields}

    for name in given:
        assert variables.mistyped([name], known) == []
