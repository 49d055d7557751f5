"""The session tokens that a service has given out."""

from __future__ import annotations

import hmac
import secrets
import time
from typing import Final

LONGEST_S: Final = 24 * 3600.0
_MOST: Final = 10_000


class SessionTokens:
    """Keys are compared in constant time; what has expired is forgotten.

    Parameters
    ----------
    api_key : str or None
        What a client must show for a token; ``None``: anything will do.
    """

    def __init__(self, api_key: str | None) -> None:
        self._api_key = api_key
        self._expiries: dict[str, float] = {}

    def is_key(self, shown: str) -> bool:
        """Return whether `shown` is the API key."""
        if self._api_key is None:
            return bool(shown)
        return hmac.compare_digest(shown.encode(), self._api_key.encode())

    def issue(self, expire_at: float) -> str:
        """Return a new token that is good until `expire_at`, Unix seconds.

        Raises
        ------
        ValueError
            The instant is past, or more than a day ahead.
        """
        now_s = time.time()
        if not now_s < expire_at <= now_s + LONGEST_S:
            raise ValueError(
                f"expireAt is {expire_at:.0f}, {expire_at - now_s:+.0f} s from now; it must be within 24 h"
            )
        self._expiries = {token: until for token, until in self._expiries.items() if until > now_s}
        while len(self._expiries) >= _MOST:
            self._expiries.pop(next(iter(self._expiries)))
        token = secrets.token_urlsafe(24)
        self._expiries[token] = expire_at
        return token

    def is_token(self, shown: str) -> bool:
        """Return whether `shown` is a token that has not expired."""
        return self._expiries.get(shown, 0.0) > time.time()
