"""What has been settled of the faces on key frames, for whoever finds the next ones, a fixed number of them later."""

from __future__ import annotations

import threading
from collections import deque


class Settling:
    """Tells whoever finds faces on key frames whether those who are seen there can matter.

    Faces are found on one key frame while others are still being compared with the gallery. How far the one is ahead of
    the other is chance, and must not change a result: so what is told is always of the key frame that lies a fixed
    number of them back, and whoever asks waits for that.

    Parameters
    ----------
    behind
        That number: at least as many as may have been found and not gone through.
    """

    def __init__(self, behind: int) -> None:
        self._behind = behind
        self._told: deque[bool] = deque()
        self._asked = 0
        self._left = False
        self._changed = threading.Condition()

    def tell(self, *, matters: bool) -> None:
        """Tell of the next key frame whether anybody on it may have to be looked at closely."""
        with self._changed:
            self._told.append(matters)
            self._changed.notify_all()

    def matters(self) -> bool:
        """Return what was told of the key frame so many before the next one to be asked of; of the first few, True."""
        with self._changed:
            self._asked += 1
            if self._asked <= self._behind:
                return True
            self._changed.wait_for(lambda: self._told or self._left)
            return self._told.popleft() if self._told else True

    def leave(self) -> None:
        """Have nobody wait any more: nothing is told from now on."""
        with self._changed:
            self._left = True
            self._changed.notify_all()
