"""Posting JSON to one address, and to no other: no redirect is followed and no proxy is asked."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

USER_AGENT = "slceleb-sink-webhook/0.1"

TOO_MANY_REQUESTS = 429
FIRST_SERVER_ERROR = 500


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Makes an answer that points elsewhere an error: data goes only to the address that the user wrote."""

    def redirect_request(self, *_: Any) -> None:
        """Refuse."""


def _opener() -> urllib.request.OpenerDirector:
    """Return what makes direct connections only."""
    return urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))


@dataclass(frozen=True, slots=True)
class Delivery:
    """How often, and for how long, a delivery is tried.

    Attributes
    ----------
    url
        Where to.
    timeout
        Seconds that the receiver may be silent, each time.
    attempts
        How often, at most.
    pause
        Seconds before the second attempt; twice as long before each further one.
    """

    url: str
    timeout: float
    attempts: int
    pause: float

    def send(self, payload: object) -> str | None:
        """Post `payload` as JSON; return None when the receiver took it, or else why not, in one line."""
        body = json.dumps(payload, ensure_ascii=False).encode()
        problem = None
        for attempt in range(self.attempts):
            if attempt:
                time.sleep(self.pause * 2 ** (attempt - 1))
            problem, final = self._try(body)
            if problem is None or final:
                return problem
        return problem

    def _try(self, body: bytes) -> tuple[str | None, bool]:
        """Post once; return the problem, if any, and whether trying again is useless."""
        headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": USER_AGENT}
        request = urllib.request.Request(self.url, body, headers, method="POST")  # noqa: S310 - http(s) by the options
        try:
            with _opener().open(request, timeout=self.timeout):
                return None, True
        except urllib.error.HTTPError as error:
            error.close()
            again = error.code == TOO_MANY_REQUESTS or error.code >= FIRST_SERVER_ERROR
            return f"the receiver answered {error.code} {error.reason}", not again
        except (OSError, HTTPException) as error:
            return f"{type(error).__name__}: {error}", False
