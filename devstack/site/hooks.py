"""What MkDocs is told besides mkdocs.yml: pages from elsewhere, and made ones.

The guides of `supabase/`, `bench/` and the client stand beside what they are about, and
are read on GitHub there; here they become pages. Two pages are made of the machine-read
descriptions of the protocol.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from devstack.site import http_reference, socket_reference
from devstack.site.markdown import indented, relinked

ROOT = Path(__file__).parents[2]

#: Files of the repository, and the pages that they become.
ELSEWHERE = {
    "supabase/README.md": "database.md",
    "bench/README.md": "benchmarks.md",
    "dashboard/src/realtime/README.md": "clients/package.md",
    "CHANGELOG.md": "changelog.md",
    # To be pasted, so it must be at hand.
    **{
        str(path.relative_to(ROOT)): f"sql/{path.name}"
        for path in sorted((ROOT / "supabase").rglob("*.sql"))
    },
}
#: Descriptions in docs/, and what makes which page of them.
MADE = {
    "openapi.yaml": ("http-reference.md", http_reference.page),
    "asyncapi.yaml": ("socket-reference.md", socket_reference.page),
}


def on_files(files: Files, config: MkDocsConfig, **_: Any) -> Files:
    """Add the pages that are not files of docs/."""
    for source, page in ELSEWHERE.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=text))
    for source, (page, make) in MADE.items():
        document = yaml.safe_load((ROOT / "docs" / source).read_text(encoding="utf-8"))
        files.append(File.generated(config, page, content=make(document)))
    return files


def on_page_markdown(markdown: str, page: Page, files: Files, **_: Any) -> str:
    """Return the page's text with the links and lists as MkDocs reads them."""
    name = page.file.src_uri
    sources = {there: source for source, there in ELSEWHERE.items()}
    return indented(
        relinked(
            markdown,
            source=sources.get(name, f"docs/{name}"),
            page=name,
            pages=ELSEWHERE,
            has=lambda uri: files.get_file_from_path(uri) is not None,
        )
    )
