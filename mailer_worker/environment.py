"""A session that asks the environment once: for its proxies and its certificates.

`requests` asks at each request, all variables each time, which takes a tenth of it.
"""

from __future__ import annotations

import requests


def session_for(base_url: str) -> requests.Session:
    """Return a session for addresses that begin so; give it `auth` or it has none."""
    session = requests.Session()
    found = session.merge_environment_settings(base_url, {}, None, None, None)
    session.proxies, session.verify = found["proxies"], found["verify"]
    session.trust_env = False
    return session
