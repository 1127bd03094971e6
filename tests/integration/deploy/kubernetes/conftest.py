"""What the overlays of deploy/kubernetes render to, with a site and every component."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from deploy import keys
from deploy.nodes import in_kubernetes
from tests.plugins.kustomized import Thing, render
from tests.plugins.manifests import FOLDER, OVERLAYS


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The manifests with the example as site, and all components named."""
    folder = tmp_path_factory.mktemp("manifests") / "kubernetes"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("site"))
    shutil.copytree(folder / "site.example", folder / "site")
    given = {name.upper(): "given" for name in (*keys.ISSUED, *keys.OPTIONAL)}
    secrets = folder / "site" / "secrets"
    keys.complete(secrets, given, lambda *_: "", nodes=in_kubernetes(3))
    for name in OVERLAYS:
        file = folder / "overlays" / name / "kustomization.yaml"
        text = file.read_text()
        if name == "production":
            text = re.sub(r"# - (\.\./\.\./components)", r"- \1", text)
            assert text.count("- ../../components/") == 2
        file.write_text(text)
    return folder


@pytest.fixture(scope="module", params=OVERLAYS)
def things(folder: Path, request: pytest.FixtureRequest) -> list[Thing]:
    """All objects of an overlay."""
    return render(folder / "overlays" / request.param)


@pytest.fixture(scope="module")
def production(folder: Path) -> list[Thing]:
    return render(folder / "overlays" / "production")
