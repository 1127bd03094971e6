"""A session that asks the environment once: for its proxies and its certificates.

`requests` asks at each request, all variables each time, which takes a tenth of it.
"""

from __future__ import annotations

import requests


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> str | None:
        # `allow_redirects=False` would still read the body, of any length, and judge
        # the place.
        return None


def session_for(base_url: str) -> requests.Session:
    """Return a session for addresses that begin so; give it `auth` or it has none.

    It follows no redirects.
    """
    session = _Session()
    found = session.merge_environment_settings(base_url, {}, None, None, None)
    session.proxies, session.verify = found["proxies"], found["verify"]
    session.trust_env = False
    return session
