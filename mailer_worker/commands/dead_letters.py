"""`dead-letters`: mails that were given up, to look at, to try again, to let go of."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import click

from mailer_worker.commands import choosing, masking, terminal
from mailer_worker.commands.choosing import Chooser, Filter
from mailer_worker.commands.environment import Environ, fails_plainly, settings_of
from mailer_worker.commands.letters import DeadLetter, dead_letter
from mailer_worker.commands.parameters import filters, json_option
from shared.amqp.rotation import Fate, Keep, Letter, Turned, rotate
from shared.lifecycle import held_signals
from shared.topology import MAILER_DEAD_LETTERS

CONNECTION = "mailer_worker.tools"
#: An event stands there more than once only where something was killed.
MAX_SHOWN = 20

_COLUMNS = ("event", "submission", "status", "http", "attempts", "age", "reason")


@click.group("dead-letters")
def dead_letters() -> None:
    """Mails that were given up: list, show, replay or purge them."""


@dead_letters.command("list")
@filters
@json_option
@click.pass_obj
@fails_plainly
def list_(environ: Environ, wanted: Filter, limit: int | None, json_: bool) -> None:
    """List dead letters, the oldest first; they stay as they are."""
    chooser = _chooser(wanted, choosing.keep, limit)
    turned = _turn(environ, chooser, "reading")
    if json_:
        terminal.as_json([_as_json(each) for each in chooser.chosen])
    else:
        _table(chooser.chosen, turned, chooser.now)


@dead_letters.command()
@click.argument("event_id")
@click.option("--full", is_flag=True, help="Show mail addresses as they are.")
@json_option
@click.pass_obj
@fails_plainly
def show(environ: Environ, event_id: str, full: bool, json_: bool) -> None:
    """Show all that the dead letters of EVENT_ID hold."""
    found: list[Letter] = []

    def look(letter: Letter) -> Fate:
        if dead_letter(letter).event_id == event_id and len(found) < MAX_SHOWN:
            found.append(letter)
        return Keep()

    _turn(environ, look, "reading")
    if not found:
        raise click.ClickException(f"there is no dead letter of {event_id!r}")
    shown = [_all_of(letter, full=full) for letter in found]
    if json_:
        terminal.as_json(shown)
        return
    for each in shown:
        terminal.block(each)


@dead_letters.command()
@filters
@click.option("--all", "all_", is_flag=True, help="All of them.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Only say which ones.")
@click.pass_obj
@fails_plainly
def replay(
    environ: Environ,
    wanted: Filter,
    limit: int | None,
    all_: bool,
    yes: bool,
    dry_run: bool,
) -> None:
    """Give dead letters to the mailer again; what was sent is not sent twice."""
    chooser = _chooser(wanted, choosing.replay, limit)
    _need_a_choice(wanted, all_=all_)
    _act(environ, chooser, "replay", yes=yes, dry_run=dry_run)


@dead_letters.command()
@filters
@click.option("--all", "all_", is_flag=True, help="All of them.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Only say which ones.")
@click.pass_obj
@fails_plainly
def purge(
    environ: Environ,
    wanted: Filter,
    limit: int | None,
    all_: bool,
    yes: bool,
    dry_run: bool,
) -> None:
    """Let go of dead letters for good."""
    chooser = _chooser(wanted, choosing.remove, limit)
    _need_a_choice(wanted, all_=all_)
    _act(environ, chooser, "purge", yes=yes, dry_run=dry_run)


def _need_a_choice(wanted: Filter, *, all_: bool) -> None:
    if wanted.is_open and not all_:
        raise click.UsageError("say which ones, by a filter, or --all")
    if all_ and not wanted.is_open:
        raise click.UsageError("--all and a filter do not go together")


def _act(
    environ: Environ, chooser: Chooser, verb: str, *, yes: bool, dry_run: bool
) -> None:
    """Ask, unless told not to, and do it with those that were asked about."""
    if dry_run or not yes:
        look = replace(chooser, then=choosing.keep, chosen=[])
        turned = _turn(environ, look, "reading")
        if dry_run or not look.chosen:
            _table(look.chosen, turned, chooser.now)
            return
        _confirm(verb, len(look.chosen))
        # Those that have come since were not asked about.
        chooser = replace(chooser, limit=len(look.chosen), chosen=[])
    turned = _turn(environ, chooser, verb)
    done = "replayed" if verb == "replay" else "purged"
    terminal.say(f"{done} {len(chooser.chosen)} of {turned.total} dead letters")


def _confirm(verb: str, count: int) -> None:
    if not terminal.is_watched():
        raise click.UsageError("nobody is there to be asked: say --yes")
    click.confirm(f"{verb} {count} dead letters?", abort=True, err=True)


def _chooser(
    wanted: Filter, then: Callable[[Letter], Fate], limit: int | None
) -> Chooser:
    return Chooser(wanted=wanted, then=then, now=time.time(), limit=limit)


def _turn(environ: Environ, decide: Callable[[Letter], Fate], title: str) -> Turned:
    url = settings_of(environ).rabbitmq_url.get_secret_value()
    # To be killed in the middle is safe, and gives 100 letters back to the broker,
    # which counts that.
    with terminal.progress(title) as draw, held_signals() as stopping:
        turned = rotate(
            url,
            MAILER_DEAD_LETTERS,
            decide,
            name=CONNECTION,
            on_progress=draw,
            stopped=stopping.is_set,
        )
    if turned.done < turned.total and stopping.is_set():
        raise click.ClickException(
            f"stopped after {turned.done} of {turned.total} dead letters:"
            " the others are as they were"
        )
    return turned


def _table(letters: Sequence[DeadLetter], turned: Turned, now: float) -> None:
    if letters:
        title = f"{len(letters)} of {turned.total} dead letters"
        terminal.table(title, _COLUMNS, (_row(each, now) for each in letters))
    elif turned.total:
        terminal.say(f"none of the {turned.total} dead letters matches")
    else:
        terminal.say("there are no dead letters")


def _row(letter: DeadLetter, now: float) -> tuple[str, ...]:
    return (
        letter.event_id,
        letter.submission_id or "",
        letter.status or "",
        "" if letter.http_status is None else str(letter.http_status),
        "" if letter.attempts is None else str(letter.attempts),
        terminal.age(letter.age(now)),
        masking.masked_text(letter.reason),
    )


def _as_json(letter: DeadLetter) -> dict[str, object]:
    return {
        "event_id": letter.event_id,
        "submission_id": letter.submission_id,
        "status": letter.status,
        "http_status": letter.http_status,
        "attempts": letter.attempts,
        "dead_at": terminal.iso(letter.dead_at),
        "reason": masking.masked_text(letter.reason),
    }


def _all_of(letter: Letter, *, full: bool) -> dict[str, object]:
    return {
        "event_id": dead_letter(letter).event_id,
        "headers": masking.plain(letter.headers, full=full),
        "event": masking.facts_of(letter.body, full=full),
    }
