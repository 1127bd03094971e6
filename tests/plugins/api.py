"""A client of the gateway's API, and a table whose rows a test can change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import requests

from tests.plugins.services import SERVICE_KEY, Process

TIMEOUT = 15
SERVICE = {
    "apikey": SERVICE_KEY,
    "Authorization": f"Bearer {SERVICE_KEY}",
    "Prefer": "return=representation",
}


class Api:
    """Somebody who asks one gateway."""

    def __init__(self, gateway: Process, token: str) -> None:
        self._url = gateway.url
        self._headers = {"Authorization": f"Bearer {token}"}

    def ask(
        self,
        path: str,
        params: Any = None,
        *,
        method: str = "GET",
        headers: dict[str, str] | None = None,
        stream: bool = False,
    ) -> requests.Response:
        """Return the answer, whatever it is."""
        return requests.request(
            method,
            f"{self._url}/api/{path}",
            params=params,
            headers=self._headers | (headers or {}),
            stream=stream,
            timeout=TIMEOUT,
        )

    def get(self, path: str, **params: Any) -> Any:
        """Return what is answered with 200."""
        answer = self.ask(path, params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def pages(self, path: str, **params: Any) -> Iterator[Any]:
        """Return one page after the other, by cursor."""
        page = self.get(path, **params)
        yield page
        while page["next"]:
            page = self.get(path, **params, cursor=page["next"])
            yield page

    def items(self, path: str, **params: Any) -> list[Any]:
        """Return what stands on all pages."""
        return [item for page in self.pages(path, **params) for item in page["items"]]

    def events_since(self, since: str | None, **params: Any) -> list[Any]:
        """Return every event after `since`."""
        found: list[Any] = []
        while True:
            page = self.get("events", **params, **({"since": since} if since else {}))
            assert page["recovered"] is True, page
            if not page["items"]:
                return found
            found += page["items"]
            since = page["next"]


class Table:
    """The stand-in's `submissions`, changed with the service key or a user's token."""

    def __init__(self, supabase: Process, *, token: str | None = None) -> None:
        bearer = {"Authorization": f"Bearer {token}"} if token else {}
        self._headers = SERVICE | bearer
        self._url = f"{supabase.url}/rest/v1/submissions"

    def rows(self, **filters: str) -> dict[str, dict[str, Any]]:
        """Return the rows by id."""
        return {row["id"]: row for row in self._send("GET", filters)}

    def insert(self, **columns: Any) -> dict[str, Any]:
        """Return the new row."""
        made: dict[str, Any] = self._send("POST", {}, columns)[0]
        return made

    def update(self, row_id: str, **columns: Any) -> dict[str, Any]:
        """Return the row as it is now."""
        made: dict[str, Any] = self._send("PATCH", {"id": row_id}, columns)[0]
        return made

    def delete(self, row_id: str) -> None:
        """Delete the row."""
        self._send("DELETE", {"id": row_id})

    def _send(self, method: str, filters: dict[str, str], body: Any = None) -> Any:
        answer = requests.request(
            method,
            self._url,
            params={name: f"eq.{value}" for name, value in filters.items()},
            json=body,
            headers=self._headers,
            timeout=TIMEOUT,
        )
        assert answer.ok, answer.text
        return answer.json()
