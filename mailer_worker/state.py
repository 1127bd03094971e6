"""How the mailer is, as `/health` tells it."""

from __future__ import annotations

from dataclasses import dataclass, field

from shared.version import __version__


@dataclass(slots=True)
class State:
    """What is told: `trouble` is why not all is well, `mails` those not ended."""

    trouble: str | None = "starting"
    connected: bool = False
    mails: dict[str, int] = field(default_factory=dict)

    def body(self) -> dict[str, object]:
        """Return the answer."""
        well = self.connected and self.trouble is None
        return {
            "status": "healthy" if well else "unhealthy",
            "service": "mailer_worker",
            "version": __version__,
            "features": ["status-mails", "ledger", "retries", "dead-letters"],
            "reason": self.trouble,
            "broker": {"connected": self.connected},
            "mails": {"claimed": 0, "uncertain": 0} | self.mails,
        }
