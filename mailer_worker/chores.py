"""What is done beside the mails: counting for `/health`, and forgetting what is old."""

from __future__ import annotations

import threading

from mailer_worker.gate import Gate
from mailer_worker.ledger.ledger import Ledger
from mailer_worker.state import State
from mailer_worker.worker import LEDGER
from shared import logs
from shared.errors import LedgerUnavailable

log = logs.get(__name__)

#: Between two counts, in seconds, and so many counts between two prunings.
PAUSE, PRUNE_EVERY = 2.0, 30


class Chores:
    """A thread for what may take as long as the ledger's database likes."""

    def __init__(
        self, ledger: Ledger, gate: Gate, state: State, *, days: float
    ) -> None:
        self._ledger = ledger
        self._gate = gate
        self._state = state
        self._days = days

    def start(self, stopping: threading.Event) -> None:
        """Begin; it ends with `stopping`."""
        threading.Thread(
            target=self._serve, args=(stopping,), name="chores", daemon=True
        ).start()

    def _serve(self, stopping: threading.Event) -> None:
        turn = 0
        while not stopping.is_set():
            try:
                self._work(prune=turn % PRUNE_EVERY == 0)
            except LedgerUnavailable as error:
                log.warning("ledger.unavailable", reason=str(error))
            turn += 1
            stopping.wait(PAUSE)

    def _work(self, *, prune: bool) -> None:
        self._state.mails = self._ledger.counts()
        self._gate.proved(LEDGER)
        pruned = self._ledger.prune(days=self._days) if prune else 0
        if pruned:
            log.info("ledger.pruned", changes=pruned)
