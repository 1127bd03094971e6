"""Markdown for GitHub becomes Markdown for MkDocs."""

from __future__ import annotations

from devstack.site.markdown import indented, relinked


def test_what_belongs_to_an_item_is_indented_by_four():
    text = (
        "1. Do\n   this:\n\n   ```sql\n   select 1;\n   ```\n2. Then\n\n   that\n\nEnd"
    )

    assert indented(text) == (
        "1. Do\n    this:\n\n    ```sql\n    select 1;\n    ```\n2. Then\n\n"
        "    that\n\nEnd\n"
    )


def test_deeper_indentation_within_an_item_stays_relative():
    assert indented("- a\n  - b\n    c") == "- a\n    - b\n      c\n"


def test_code_outside_lists_stays_as_it_is():
    text = "```python\nif x:\n    y()\n```\n"

    assert indented(text) == text


def _relinked(text, source="docs/clients/python.md", page="clients/python.md"):
    pages = {"supabase/README.md": "database.md"}
    known = {"protocol.md", "clients/react.md", "img/a.png"}
    return relinked(text, source=source, page=page, pages=pages, has=known.__contains__)


def test_link_to_a_guide_elsewhere_leads_to_its_page():
    text = "see [the database's\npart](../../supabase/README.md#install)"

    assert _relinked(text) == "see [the database's\npart](../database.md#install)"


def test_link_from_a_guide_elsewhere_leads_to_the_pages_of_docs():
    text = "[protocol](../docs/protocol.md#sockets) ![a](../docs/img/a.png)"
    made = _relinked(text, source="supabase/README.md", page="database.md")

    assert made == "[protocol](protocol.md#sockets) ![a](img/a.png)"


def test_link_to_what_is_not_in_the_site_keeps_its_words():
    assert _relinked("the [Caddyfile](../../deploy/Caddyfile)") == "the Caddyfile"


def test_outward_links_and_code_stay_as_they_are():
    text = "[x](https://a.test) [here](#it)\n\n```js\nf[0](../../README.md)\n```\n"

    assert _relinked(text) == text
