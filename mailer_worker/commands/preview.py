"""`preview`: show a sample mail on the terminal, or write it to a file."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, cast

import click

from mailer_worker.letters.preview import sample
from mailer_worker.letters.rendering import Letter, Letters
from mailer_worker.letters.shelf import KINDS
from mailer_worker.plan import Kind
from shared.errors import SettingsError

Part = Literal["html", "text", "subject"]
PARTS: tuple[Part, ...] = ("html", "text", "subject")


@click.command
@click.option("--status", type=click.Choice(KINDS), required=True)
@click.option("--locale", help="As users have it: de, de-AT, pt_BR.")
@click.option("--part", type=click.Choice(PARTS), help="Only this part.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write to this file instead.",
)
@click.option(
    "--templates",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    envvar="MAIL_TEMPLATES_DIR",
    help="The folder of your own templates.",
)
def preview(
    status: str,
    locale: str | None,
    part: Part | None,
    out: Path | None,
    templates: Path | None,
) -> None:
    """Show a sample mail; without --part its subject and text."""
    letters = Letters(templates)
    try:
        letters.check()
    except SettingsError as error:
        raise click.ClickException("\n".join(error.faults)) from None
    shown = _shown(sample(letters, cast(Kind, status), locale=locale), part)
    if out is None:
        click.echo(shown)
        return
    try:
        out.write_text(shown + "\n", encoding="utf-8")
    except OSError as error:
        raise click.FileError(str(out), error.strerror) from None


def _shown(letter: Letter, part: Part | None) -> str:
    if part is None:
        return f"Subject: {letter.subject}\n\n{letter.text}".rstrip("\n")
    values = {"html": letter.html, "text": letter.text, "subject": letter.subject}
    return values[part].rstrip("\n")
