"""The operator's commands: each file one group, in `COMMANDS` for the program.

They find the environment in click's `obj`.
"""

from __future__ import annotations

import click

from mailer_worker.commands.dead_letters import dead_letters
from mailer_worker.commands.ledger import ledger
from mailer_worker.commands.preview import preview
from mailer_worker.commands.send import send
from mailer_worker.commands.suppressions import suppressions

COMMANDS: tuple[click.Command, ...] = (
    dead_letters,
    ledger,
    suppressions,
    send,
    preview,
)
