"""`python3 -m deploy`: the commands of whoever runs the server (docs/deploy.md)."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from pathlib import Path

from deploy import keeping, keys, nodes, updating
from deploy.archive.unpacking import Unusable
from deploy.compose import Compose, Failed
from deploy.plans import FOLDER, plan_of
from deploy.turns import Busy, end_in_order, turn

SECRETS = FOLDER / "secrets"


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return the exit code."""
    options = _parser().parse_args(arguments)
    end_in_order()
    try:
        with turn(FOLDER) as lock:
            plan = plan_of(keys.nodes_in(SECRETS))
            _run(options, Compose(_say, plan, inherited=(lock,)))
    except (keys.Missing, keeping.Refused, Busy, Failed, Unusable, OSError) as error:
        print(f"not done: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("not done: ended before its time", file=sys.stderr)
        return 130
    return 0


def _run(options: argparse.Namespace, compose: Compose) -> None:
    if options.verb == "secrets":
        _secrets(options)
    elif options.verb == "backup":
        keeping.backup(compose, options.file, _say)
    elif options.verb == "restore":
        keeping.restore(compose, options.file, _say, overwrite=options.overwrite)
    else:
        keys.complete(SECRETS, {}, _ask)
        updating.update(compose, SECRETS, pull=options.pull)
        _say("updated")


def _secrets(options: argparse.Namespace) -> None:
    folder = options.kubernetes or SECRETS
    if options.rotate:
        keys.rotate(folder, options.rotate)
    elif options.forget:
        keys.forget(folder, options.forget)
    else:
        values = {name.upper(): os.environ.get(name.upper(), "") for name in _givable()}
        written = keys.complete(folder, values, _ask, nodes=_nodes(options))
        _say(f"{folder}: written: {', '.join(written)}")
    if options.rotate or options.forget:
        command = (
            "kubectl apply -k" if options.kubernetes else "python3 -m deploy update"
        )
        _say(f"written; `{command}` puts it in force")


def _nodes(options: argparse.Namespace) -> tuple[str, ...]:
    """Return the nodes that are asked for; nothing where those that are there stay."""
    if options.kubernetes:
        there = keys.nodes_in(options.kubernetes)
        stay = not options.nodes and there == nodes.in_kubernetes(len(there))
        return there if stay else nodes.in_kubernetes(options.nodes or 3)
    wanted = nodes.in_containers(options.nodes) if options.nodes else ()
    if wanted and len(wanted) < len(keys.nodes_in(SECRETS)):
        raise keeping.Refused("a cluster does not become one node again by this")
    return wanted


def _givable() -> tuple[str, ...]:
    return (*keys.OURS, *keys.ISSUED, *keys.OPTIONAL)


def _ask(name: str, where: str) -> str:
    if not sys.stdin.isatty():
        return ""
    return getpass.getpass(f"{name} ({where}): ")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 -m deploy", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    secrets = verbs.add_parser(
        "secrets",
        help="make ours, take those that others issue from the environment or ask",
    )
    secrets.add_argument(
        "--nodes",
        type=int,
        choices=(1, 3),
        help="of the broker; 3: those of compose.cluster.yml",
    )
    secrets.add_argument(
        "--kubernetes",
        type=Path,
        metavar="FOLDER",
        help="for the manifests: into this folder, with the nodes' names there",
    )
    which = secrets.add_mutually_exclusive_group()
    which.add_argument("--rotate", choices=(*keys.OURS, "rabbitmq"))
    which.add_argument("--forget", choices=tuple(keys.OURS))
    backup = verbs.add_parser("backup", help="write what must be kept to FILE")
    backup.add_argument("file", type=Path)
    restore = verbs.add_parser("restore", help="put the content of FILE in place")
    restore.add_argument("file", type=Path)
    restore.add_argument("--overwrite", action="store_true")
    update = verbs.add_parser("update", help="roll out what the files say now")
    update.add_argument(
        "--pull", action="store_true", help="images from a registry: build none"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
