"""`python -m mailer_worker`: the service; with words, the operator's tools."""

from __future__ import annotations

import os
import sys

import click

from mailer_worker.commands import Commands
from mailer_worker.settings import MailerSettings
from shared import lifecycle
from shared.errors import SettingsError
from shared.startup import begin


@click.group(cls=Commands, invoke_without_command=True)
@click.pass_context
def main(context: click.Context) -> None:
    """Send the status mails; see the commands for everything else.

    Without a command: work until SIGTERM or SIGINT; exit 1 where the settings are
    wrong.
    """
    if context.invoked_subcommand is not None:
        return
    # A command needs nothing of it, and an operator waits for its imports.
    from mailer_worker import service  # noqa: PLC0415

    settings = begin("mailer_worker", MailerSettings, os.environ)
    try:
        service.run(settings, lifecycle.stop_on_signals())
    except SettingsError as error:
        sys.exit(f"mailer_worker {error}")


if __name__ == "__main__":
    main(prog_name="python -m mailer_worker", obj=os.environ)
