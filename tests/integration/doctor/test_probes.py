"""The probes beside real sockets: TLS, redirects, wrong clocks, management pages."""

from __future__ import annotations

import json
import ssl
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from mailer_worker.ledger import engines, schema
from mailer_worker.ledger.tables import LAYOUT
from shared.doctor.checks import clock
from shared.doctor.place import Place
from shared.doctor.plans import mailgun
from shared.doctor.probes import databases
from shared.doctor.probes.certificate import Believed, Disbelieved, certificate_of
from shared.doctor.probes.http import Answer, NoAnswer, ask
from shared.doctor.running import run
from shared.doctor.services import Standing, present
from shared.doctor.settings import DoctorSettings
from shared.topology import TOPOLOGY
from tests.plugins.services import SERVICE_KEY, free_port, start_mailgun

DAY = timedelta(days=1)


@pytest.fixture
def serve():
    """Serve `{path: (status, headers, document)}`; the requests' headers are kept."""
    servers = []

    def start(pages, *, context=None):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.server.heard.append(dict(self.headers))
                status, headers, document = pages.get(self.path, (404, {}, None))
                body = json.dumps(document).encode()
                self.send_response_only(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.handle_error = lambda *_: None
        server.heard = []
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        servers.append((server, thread))
        return server

    yield start
    for server, thread in servers:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def secured(serve, tmp_path, monkeypatch):
    """Serve by TLS, with a certificate for these names that ends after so many days."""

    def start(*, name="localhost", days=60, believed=True):
        file = tmp_path / "certificate.pem"
        file.write_bytes(certificate(name, days))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        if believed:
            monkeypatch.setenv("SSL_CERT_FILE", str(file))
        port = serve({}, context=context).server_port
        return f"https://localhost:{port}"

    return start


def certificate(name, days):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - 90 * DAY)
        .not_valid_after(datetime.now(UTC) + days * DAY)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return private + made.public_bytes(serialization.Encoding.PEM)


def test_certificate_that_is_believed_tells_its_end(secured):
    shown = certificate_of(secured(days=60))

    assert isinstance(shown, Believed)
    left = shown.ends_at - datetime.now(UTC).timestamp()
    assert left == pytest.approx(60 * 86_400, abs=300)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"days": -1}, "expired"),
        ({"name": "other.test"}, "mismatch"),
        ({"believed": False}, "self-signed"),
    ],
)
def test_certificate_that_is_not_believed_tells_why(secured, changes, reason):
    shown = certificate_of(secured(**changes))

    assert isinstance(shown, Disbelieved)
    assert reason in shown.reason


def test_server_that_is_away_shows_no_certificate():
    shown = certificate_of(f"https://127.0.0.1:{free_port()}")

    assert isinstance(shown, NoAnswer)


def test_key_is_not_sent_on_to_where_a_peer_points(serve):
    other = serve({"/": (200, {}, "taken")})
    place = f"http://127.0.0.1:{other.server_port}/"
    first = serve({"/": (307, {"Location": place}, None)})

    reply = ask(f"http://127.0.0.1:{first.server_port}/", headers={"apikey": "key"})

    assert isinstance(reply, Answer)
    assert reply.status == 307
    assert other.heard == []


def test_wrong_clock_of_ours_is_told_of_who_knows_better(serve):
    ahead = "Sat, 01 Jan 2050 00:00:00 GMT"
    server = serve({"/": (200, {"Date": ahead}, None)})

    found = clock.beside("Supabase", ask(f"http://127.0.0.1:{server.server_port}/"))

    assert [each.verdict for each in found] == ["fault"]
    assert "behind" in found[0].text
    assert "timedatectl" in found[0].remedy


@pytest.fixture
def management(serve, installation):
    """RabbitMQ's management pages as they are for our topology, to be spoiled."""
    vhost = installation.environ["RABBITMQ_URL"].rpartition("/")[2]
    queues = [
        {"name": queue.name, "arguments": dict(queue.arguments)}
        for queue in TOPOLOGY.queues
    ]
    bindings = [
        {"source": TOPOLOGY.exchange, "destination": queue.name, "routing_key": key}
        for queue in TOPOLOGY.queues
        for key in queue.routing_keys
    ]
    pages = {
        f"/api/queues/{vhost}": (200, {}, queues),
        f"/api/bindings/{vhost}": (200, {}, bindings),
    }
    server = serve(pages)
    return f"http://monitor:of-the-pages@127.0.0.1:{server.server_port}", bindings


def test_bindings_are_compared_where_management_pages_tell_them(
    installation, management
):
    url, bindings = management
    whole = installation.examined(RABBITMQ_MANAGEMENT_URL=url)
    gone = bindings.pop()

    spoiled = installation.examined(RABBITMQ_MANAGEMENT_URL=url)

    assert whole.of("arguments and bindings")["verdict"] == "ok"
    assert gone["routing_key"] in spoiled.of(gone["destination"])["text"]
    assert "of-the-pages" not in whole.text + spoiled.text


def test_management_pages_that_are_away_are_a_warning(installation):
    url = f"http://127.0.0.1:{free_port()}"

    report = installation.examined(RABBITMQ_MANAGEMENT_URL=url)

    assert report.of("management pages")["verdict"] == "warning"
    assert "RABBITMQ_MANAGEMENT_URL" in report.of("management pages")["remedy"]


def test_domain_of_the_other_region_is_told(installation, start, tmp_path):
    domain = "mg.of-europe.test"
    there = start_mailgun(start, tmp_path, MAILGUN_DOMAIN=domain)
    mailer = next(each for each in present() if each.name == "mailer")
    environ = installation.environ | {"MAILGUN_DOMAIN": domain}
    settings = mailer.settings_class().load(environ)
    standing = Standing(service=mailer, configured=True, settings=settings)
    place = Place(environ=environ, own=DoctorSettings(), standings=[standing], now=0)

    found = run([*mailgun.checks(place, regions=lambda _: there.url)])

    assert "other region" in found[0].text
    assert found[0].remedy == f"Set MAILGUN_BASE_URL={there.url}"


def test_project_that_signs_with_a_secret_that_we_have_not(installation, serve):
    rows = (200, {}, [])
    server = serve(
        {
            "/rest/v1/submissions?select=id&limit=1": rows,
            "/rest/v1/users?select=id,authid&limit=1": (400, {}, {"code": "42703"}),
            "/auth/v1/.well-known/jwks.json": (200, {}, {"keys": []}),
            "/auth/v1/health": (200, {}, {"name": "GoTrue"}),
            "/rest/v1/rpc/melotech_pack_version": (200, {}, 0),
        }
    )

    report = installation.examined(
        SUPABASE_URL=f"http://127.0.0.1:{server.server_port}"
    )

    assert "SUPABASE_JWT_SECRET" in report.of("token keys")["remedy"]
    assert "lacks a column" in report.of("table users")["text"]
    assert "SQL editor" in report.of("SQL pack")["remedy"]
    assert all(each["apikey"] == SERVICE_KEY for each in map(lower, server.heard))


def lower(headers):
    return {name.lower(): value for name, value in headers.items()}


def test_ledger_in_postgres_is_asked_for_its_layout(postgres):
    database = postgres.create_database("doctors_ledger")
    address = f"postgresql://test@/{database.name}?{sockets_of(database)}"
    before = databases.layout_of(address)
    engine = engines.engine_of(address, threads=1)
    schema.prepare(engine)
    engine.dispose()

    assert before == databases.Told(None)
    assert databases.layout_of(address) == databases.Told(str(LAYOUT))


def sockets_of(database):
    host, port = database.one(
        "select current_setting('unix_socket_directories'), current_setting('port')"
    )
    return f"host={host}&port={port}"


@pytest.mark.parametrize("host", ["nowhere.invalid", "127.0.0.1"])
def test_database_that_is_away_is_told_without_its_address(host):
    url = f"postgresql://keeper:ledgers-password@{host}:{free_port()}/ledger"

    response = databases.layout_of(url)

    assert isinstance(response, NoAnswer)
    assert not {"keeper", "ledgers-password", host} & set(response.reason.split())
