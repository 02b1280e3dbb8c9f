"""How the events of all workers reach the driver: one small actor that keeps them until they are asked for.

The driver asks once and is answered when there is something, so that nobody polls. Ray cannot stream what a method
yields to a ``ray://`` client, which would otherwise do the same with less.
"""

from __future__ import annotations

import asyncio
from typing import Any, TypeAlias

from slceleb_core.jobs import Logged, Progressed

Message: TypeAlias = tuple[str, Progressed | Logged]
"""A slot's number, and what it has to say."""


class Mailbox:
    """Keeps messages, in order. Of the signs of life of a slot only the latest is kept, so that it stays small."""

    def __init__(self) -> None:
        self._logged: list[Message] = []
        self._progress: dict[str, Message] = {}
        self._news = asyncio.Event()

    async def put(self, message: Message) -> None:
        """Take a message."""
        slot, event = message
        if isinstance(event, Progressed):
            self._progress[slot] = message
        else:
            self._logged.append(message)
        self._news.set()

    async def wake(self) -> None:
        """Have whoever waits answered at once, if with nothing."""
        self._news.set()

    async def take(self) -> list[Message]:
        """Return what has come since the last call; wait until something comes."""
        await self._news.wait()
        self._news.clear()
        messages = [*self._logged, *self._progress.values()]
        self._logged, self._progress = [], {}
        return messages


class Post:
    """A worker's way to the mailbox.

    Parameters
    ----------
    mailbox
        The actor.
    slot
        The slot's number.
    """

    def __init__(self, mailbox: Any, slot: str) -> None:
        self._mailbox = mailbox
        self._slot = slot
        self._last: Any = None

    def __call__(self, event: Progressed | Logged) -> None:
        """Send an event; a sign of life is left out while the one before has not arrived."""
        if isinstance(event, Logged) or self._arrived(0):
            self._last = self._mailbox.put.remote((self._slot, event))

    def flush(self) -> None:
        """Wait until everything has arrived."""
        self._arrived(10)

    def _arrived(self, seconds: float) -> bool:
        """Tell whether the last event has arrived, or is lost because the mailbox was."""
        import ray

        return self._last is None or bool(ray.wait([self._last], timeout=seconds)[0])
