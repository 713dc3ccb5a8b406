"""Tokens of a service account, from the service identity in the cluster."""

import ssl
import threading
import time
from pathlib import Path
from typing import Final

import httpx

RENEWED_AFTER_SECONDS: Final = 60.0
"""A token is valid for five minutes, which a test may take."""


class Account:
    """A service account, which gets a token when it has none, or an old one."""

    def __init__(self, issuer: str, credentials: str, ca: Path) -> None:
        """`credentials` are ID:SECRET, as the command that creates an account prints them."""
        self._address = f"{issuer}/oauth/token"
        client_id, _, secret = credentials.strip().partition(":")
        self._authentication = httpx.BasicAuth(client_id, secret)
        self._trusted = ssl.create_default_context(cafile=str(ca))
        self._lock = threading.Lock()
        self._token = ""
        self._got_at = float("-inf")

    def token(self) -> str:
        """Return a token. Raises httpx.HTTPError when none is given."""
        with self._lock:
            if time.monotonic() - self._got_at > RENEWED_AFTER_SECONDS:
                answer = httpx.post(
                    self._address,
                    data={"grant_type": "client_credentials"},
                    auth=self._authentication,
                    verify=self._trusted,
                )
                answer.raise_for_status()
                self._token, self._got_at = answer.json()["access_token"], time.monotonic()
            return self._token
