"""Which changes have been seen, so that two webhooks on one table cause one mail."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque

from shared.events import ChangeEvent
from shared.same_change import Identity, identity_of, is_same_change

#: Submissions that are remembered, and the last changes of each: a few times what can
#: come within the seconds in which one change is told twice.
MAX_SUBMISSIONS, MAX_CHANGES = 10_000, 8


class Repetitions:
    """The latest changes of each submission, in the memory of this process.

    A change is claimed by the first event that tells of it, for good: that one is
    tried until it is settled, so another event of the same change can be passed over.
    """

    def __init__(self) -> None:
        self._seen: OrderedDict[str, deque[Identity]] = OrderedDict()
        self._lock = threading.Lock()

    def claim(self, event: ChangeEvent) -> str | None:
        """Claim the change for the event; return the id of another that has it.

        An event that comes again still has what it claimed.
        """
        mine = identity_of(event)
        if mine is None:
            return None
        with self._lock:
            known = self._seen.setdefault(event.subject, deque(maxlen=MAX_CHANGES))
            self._seen.move_to_end(event.subject)
            if any(earlier.event_id == mine.event_id for earlier in known):
                return None
            for place, earlier in enumerate(reversed(known)):
                if is_same_change(mine, earlier, earlier_is_newest=place == 0):
                    return earlier.event_id
            known.append(mine)
            if len(self._seen) > MAX_SUBMISSIONS:
                self._seen.popitem(last=False)
        return None
