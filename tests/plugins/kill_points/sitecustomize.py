"""Kill the mailer at a step of its work, with no chance to tidy up.

For the PYTHONPATH of a child: `KILL_AT=claim:after:7` is the end of its seventh claim.
"""

from __future__ import annotations

import functools
import os
import signal
import sys
import threading
from importlib.machinery import PathFinder

#: The steps in the order of a mail's way: module, class, method.
STEPS = {
    "judge": ("mailer_worker.ledger.ledger", "Ledger", "judge"),
    "claim": ("mailer_worker.ledger.ledger", "Ledger", "claim"),
    "send": ("mailer_worker.mailgun.messages", "Messages", "send"),
    "accepted": ("mailer_worker.ledger.ledger", "Ledger", "accepted"),
    "doubted": ("mailer_worker.ledger.ledger", "Ledger", "doubted"),
    "released": ("mailer_worker.ledger.ledger", "Ledger", "released"),
    "publish": ("shared.amqp.publisher", "Publisher", "publish_all"),
    # The one on the connection's own thread: `ack` itself only asks for it.
    "ack": ("shared.amqp.consumer", "Consumer", "_ack"),
}


class Fuse:
    """Burns down by one with each call of the step, and ends the process at zero."""

    def __init__(self, where: str) -> None:
        self._where = where
        step, self._moment, number = where.split(":")
        self.module, self._owner, self._method = STEPS[step]
        self._left = int(number)
        self._lock = threading.Lock()

    def attach(self, module: object) -> None:
        """Have the method of the module's class burn the fuse."""
        owner = getattr(module, self._owner)
        method = getattr(owner, self._method)

        @functools.wraps(method)
        def burning(*args, **kwargs):
            if self._moment == "before":
                self._burn()
            try:
                return method(*args, **kwargs)
            finally:
                if self._moment == "after":
                    self._burn()

        setattr(owner, self._method, burning)

    def _burn(self) -> None:
        with self._lock:
            self._left -= 1
            if self._left == 0:
                os.write(2, f"killed at {self._where}\n".encode())
                os.kill(os.getpid(), signal.SIGKILL)


class Finder(PathFinder):
    """Finds the module of the step, and attaches the fuse when it was loaded."""

    def __init__(self, fuse: Fuse) -> None:
        self._fuse = fuse

    def find_spec(self, fullname, path=None, target=None):
        if fullname != self._fuse.module:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        load = spec.loader.exec_module

        def load_and_attach(module):
            load(module)
            self._fuse.attach(module)

        spec.loader.exec_module = load_and_attach
        return spec


if "KILL_AT" in os.environ:
    sys.meta_path.insert(0, Finder(Fuse(os.environ["KILL_AT"])))
