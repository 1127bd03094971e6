"""The scanner: how layers lie on each other, and what speaks against an image."""

import io
import json
import tarfile
from dataclasses import replace

import pytest

from devstack.images.__main__ import IMAGES
from devstack.images.archive import Entry, Image, read
from devstack.images.rules import Terms, findings
from devstack.images.secrets import betrayed_by, betrayed_in
from shared.version import __version__

LABELS = {
    "org.opencontainers.image.title": "One",
    "org.opencontainers.image.version": __version__,
}
TERMS = Terms(volumes=frozenset({"data"}), tools={"wget": "the health check"})
CLEAN = Image(
    config={"User": "10001:10001", "Labels": LABELS, "Env": ["PATH=/usr/bin"]},
    history=("RUN echo",),
    entries={},
    in_layers=frozenset(),
    suspicions=(),
)
WHSEC = "whsec_" + "A" * 32


def entry(path, *, mode=0o644, uid=0, gid=0, kind="file", has_capability=False):
    return Entry(
        path=path,
        kind=kind,
        mode=mode,
        uid=uid,
        gid=gid,
        has_capability=has_capability,
    )


def layer(*members):
    """Return a layer's archive of (name, content) and of TarInfo."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for each in members:
            name, content = each
            info = tarfile.TarInfo(name)
            if content is None:
                info.type = tarfile.DIRTYPE
            info.size = len(content or b"")
            archive.addfile(info, io.BytesIO(content or b""))
    return buffer.getvalue()


def saved(tmp_path, *layers, config=None):
    document = {"config": config or {}, "history": [{"created_by": "RUN one"}, {}]}
    names = [f"{number}/layer.tar" for number in range(len(layers))]
    manifest = [{"Config": "config.json", "Layers": names}]
    path = tmp_path / "image.tar"
    with tarfile.open(path, "w") as archive:
        for name, content in [
            *zip(names, layers, strict=True),
            ("config.json", json.dumps(document).encode()),
            ("manifest.json", json.dumps(manifest).encode()),
        ]:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def test_later_layers_replace_and_take_away_what_the_former_had(tmp_path):
    path = saved(
        tmp_path,
        layer(
            ("a/one", b""), ("a/two", b""), ("b", None), ("b/old", b""), ("c/x", b"")
        ),
        layer(
            ("a/.wh.one", b""), ("b/.wh..wh..opq", b""), ("b/new", b""), (".wh.c", b"")
        ),
    )

    image = read(path, betrays=betrayed_in)

    assert set(image.entries) == {"a/two", "b", "b/new"}
    assert {"a/one", "b/old", "c/x"} <= image.in_layers
    assert image.history == ("RUN one", "")


def test_secret_that_a_later_layer_deletes_is_still_found(tmp_path):
    path = saved(
        tmp_path,
        layer(("app/.env", b"A=1"), ("app/key.txt", WHSEC.encode())),
        layer(("app/.wh..env", b""), ("app/.wh.key.txt", b"")),
    )

    image = replace(read(path, betrays=betrayed_in), config=CLEAN.config)

    assert [each.detail for each in findings(image, TERMS)] == [
        "a layer has /app/.env",
        "a layer has a webhook secret in /app/key.txt",
    ]


def test_image_that_keeps_to_the_rules_has_nothing_against_it():
    entries = {
        each.path: each
        for each in (
            entry("data", kind="folder", mode=0o750, uid=10001, gid=10001),
            entry("data/x", uid=10001),
            entry("tmp", kind="folder", mode=0o1777),
            entry("usr/bin/wget", mode=0o755),
            entry("usr/bin/python3", mode=0o755),
            entry("var/lib/dpkg/status"),
            entry("bin", kind="link", mode=0o777),
        )
    }

    assert findings(replace(CLEAN, entries=entries), TERMS) == []


@pytest.mark.parametrize(
    ("found", "rule"),
    [
        (entry("app/x", mode=0o666), "writable"),
        (entry("app", kind="folder", mode=0o777), "writable"),
        (entry("app/x", uid=10001, mode=0o444), "writable"),
        (entry("app/x", gid=10001, mode=0o660), "writable"),
        (entry("database", kind="folder", mode=0o777), "writable"),
        (entry("usr/bin/su", mode=0o4755), "more rights"),
        (entry("usr/bin/wall", mode=0o2755), "more rights"),
        (entry("usr/bin/ping", has_capability=True), "more rights"),
        (entry("usr/bin/curl", mode=0o755), "leftover"),
        (entry("usr/bin/gcc-14", mode=0o755), "leftover"),
        (entry("usr/local/bin/pip3.14", mode=0o755), "leftover"),
        (entry("opt/venv/bin/pip", mode=0o755), "leftover"),
        (entry("usr/local/lib/python3.14/ensurepip", kind="folder"), "leftover"),
        (
            entry("usr/local/lib/python3.14/site-packages/pip", kind="folder"),
            "leftover",
        ),
        (entry("var/lib/apt/lists/deb_Packages"), "leftover"),
        (entry("root/.cache/pip/http/0"), "leftover"),
    ],
)
def test_path_that_breaks_a_rule_is_found(found, rule):
    image = replace(CLEAN, entries={found.path: found})

    (finding,) = findings(image, TERMS)

    assert finding.rule == rule
    assert f"/{found.path}" in finding.detail


@pytest.mark.parametrize(
    ("config", "rule"),
    [
        ({"User": ""}, "runs as root"),
        ({"User": "root"}, "runs as root"),
        ({"User": "10001"}, "runs as root"),
        ({"Labels": None}, "labels"),
        ({"Labels": LABELS | {"org.opencontainers.image.version": "0.0.1"}}, "labels"),
        ({"Env": ["WEBHOOK_SECRET=x"]}, "secret told"),
        ({"Env": ["RABBITMQ_URL=amqp://melotech:longenough@host/"]}, "secret told"),
    ],
)
def test_settings_that_break_a_rule_are_found(config, rule):
    image = replace(CLEAN, config=dict(CLEAN.config) | config)

    assert {each.rule for each in findings(image, TERMS)} == {rule}


def test_secret_in_a_command_of_the_build_is_found():
    image = replace(CLEAN, history=(f"RUN SECRET={WHSEC} make",))

    assert [each.rule for each in findings(image, TERMS)] == ["secret told"]


@pytest.mark.parametrize(
    ("content", "betrays"),
    [
        (b"-----BEGIN PRIVATE KEY-----\n" + b"A" * 64, True),
        (b"startswith('-----BEGIN PRIVATE KEY-----')", False),
        (b"sb_secret_" + b"a" * 24, True),
        (b"sb_secret_...", False),
        (b"key-" + b"0" * 32, True),
        (b"//registry/:_authToken=0123456789", True),
        (b"eyJhbGciOiJIUzI1NiJ9xx.eyJzdWIiOiIxMjM0NTY3ODkw." + b"a" * 43, True),
        (b"amqp://user:password@host:5672/%2F", False),
        (b"postgresql://role:{password}@host", False),
        (b"https://example.com/a:b@c", False),
    ],
)
def test_what_gives_a_secret_away_is_told_from_what_speaks_of_one(content, betrays):
    assert (betrayed_by(content) is not None) is betrays


def test_examples_in_packages_of_others_are_no_secrets():
    content = b"http://someone:hunter2hunter2@example.com"

    assert betrayed_in("app/shared/x.py", content)
    assert not betrayed_in("opt/venv/lib/python3.14/site-packages/x/url.py", content)


def test_whatever_an_image_may_have_has_its_reason():
    for terms in IMAGES.values():
        assert all({**terms.tools, **terms.capabilities}.values())
