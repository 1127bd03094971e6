"""The operator's commands: each file one of them, imported when it is asked for.

They find the environment in click's `obj`.
"""

from __future__ import annotations

from importlib import import_module

import click

#: Each command's name, and the file in this folder that has it under the same name.
COMMANDS = {
    "dead-letters": "dead_letters",
    "ledger": "ledger",
    "preview": "preview",
    "send": "send",
    "suppressions": "suppressions",
}


class Commands(click.Group):
    """The commands: one needs the templates, one the database, and the service none."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, in order."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of that name, None where there is none."""
        file = COMMANDS.get(cmd_name)
        if file is None:
            return None
        command: click.Command = getattr(import_module(f"{__name__}.{file}"), file)
        return command
