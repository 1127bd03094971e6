"""`python -m shared.doctor`: what is wrong with this installation, and what to do.

It sends no mail and changes nothing. Exit code 0: no faults (warnings may stand), 1:
faults, 2: it cannot run.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence

from shared import logs
from shared.doctor import plans, report, running, services
from shared.doctor.place import Place
from shared.doctor.plans import environment
from shared.doctor.settings import DoctorSettings
from shared.errors import SettingsError

CANNOT_RUN = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Check, print, and return the exit code."""
    options = _parser().parse_args(arguments)
    logs.errors_only()
    here = services.present()
    if not here:
        return _cannot("none of the services is installed here")
    try:
        own = DoctorSettings.load(os.environ)
    except SettingsError as error:
        return _cannot("; ".join(error.faults))
    classes = services.classes_of(here)
    standings = services.chosen(here, os.environ, options.only)
    if not standings:
        return _cannot(f"not installed here: {', '.join(options.only)}")
    place = Place(environ=os.environ, own=own, standings=standings, now=time.time())
    found = environment.findings(place, classes)
    found += running.run(plans.checks_of(place))
    told = report.guarded(found, services.secrets_of(classes, os.environ))
    print(report.as_json(told) if options.json else report.as_text(told))
    return report.exit_code(told)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m shared.doctor",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        choices=services.NAMES,
        help="look at this service alone; may be given several times",
    )
    return parser


def _cannot(reason: str) -> int:
    print(f"the doctor cannot run: {reason}", file=sys.stderr)
    return CANNOT_RUN


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    sys.exit(main())
