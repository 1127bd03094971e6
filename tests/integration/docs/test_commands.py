"""Every command and every variable that the documents name is there."""

from __future__ import annotations

import re

import pytest

from tests.plugins.commands import check
from tests.plugins.documents import DOCUMENTS, blocks, blocks_of, prose, spans
from tests.plugins.known import Unknown, variables

COMMAND = re.compile(r"(?:make [a-z]|python3? -m |docker compose )")
VARIABLE = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b")
#: What stands for a name, and names that others read.
PLACEHOLDERS = {"NAME_FILE", "SUBMISSION_ID", "EVENT_ID"}
FOREIGN = {"NO_MKDOCS_2_WARNING"}
#: What the changelog says is gone.
FORMER = {"INGEST_THREADS"}


@pytest.mark.parametrize("block", blocks("sh", "bash"), ids=str)
def test_every_command_in_a_block_is_there(block):
    check(block.code)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_in_a_sentence_is_there(document):
    for span in spans(document):
        if COMMAND.match(span) and not re.search(r"[<>…|]|\.\.\.", span):
            check(span)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_variable_that_a_document_names_is_one(document):
    own = {n for each in blocks_of(document) for n in VARIABLE.findall(each.code)}
    named = set(VARIABLE.findall(prose(document)))

    assert named - own - PLACEHOLDERS - FOREIGN - FORMER - variables() == set()


@pytest.mark.parametrize(
    "command",
    [
        "make fly",
        "make run GATES=3",
        'make mailer ARGS="dead-letters eat"',
        'make bench-mail ARGS="--slowly"',
        "make test ARGS=tests/nowhere",
        "python -m devstack.flight",
        "python -m mailer_worker send --too you@example.com",
        "python -m devstack.site.configuration --write",
        "docker compose up nobody",
        "docker compose --profile nothing up",
        "docker compose fly",
        "docker compose exec mailer_worker python -m mailer_worker fly",
        "docker compose run --rm tools -m devstack.flight",
        "echo x | frobnicate",
        "NOBODYS_NAME=1 make run",
    ],
)
def test_command_that_is_not_there_is_found(command):
    with pytest.raises(Unknown):
        check(command)
