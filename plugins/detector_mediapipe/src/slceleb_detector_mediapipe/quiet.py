"""MediaPipe's native libraries write to the process's standard error while they load; it goes to the log instead."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

log = logging.getLogger(__name__)


@contextmanager
def native_log() -> Iterator[None]:
    """Send what native code writes to file descriptor 2 inside the block to the log, at level DEBUG.

    Environment variables do not serve: the library reads none of those that absl and TensorFlow document. A first
    inference belongs into the block, for the graph goes on talking until then.
    """
    sys.stderr.flush()
    saved = os.dup(2)
    with tempfile.TemporaryFile() as aside:
        try:
            os.dup2(aside.fileno(), 2)
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)
            aside.seek(0)
            for line in aside.read().decode(errors="replace").splitlines():
                log.debug("mediapipe: %s", line)
