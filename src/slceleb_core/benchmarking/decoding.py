"""Decode a video and do nothing else: ``python -m slceleb_core.benchmarking.decoding VIDEO [FRAMES]``.

What cannot be undercut: libav alone, on one thread, each picture as the file stores it, converted into nothing.
"""

from __future__ import annotations

import json
import sys
import time

import av


def decode(path: str, frames: int | None) -> dict[str, float]:
    """Return how many pictures there are, and how many seconds they took."""
    with av.open(path) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        begin, count = time.perf_counter(), 0
        for _ in container.decode(stream):
            count += 1
            if count == frames:
                break
        return {"frames": count, "seconds": time.perf_counter() - begin}


if __name__ == "__main__":
    _, video, *most = sys.argv
    sys.stdout.write(json.dumps(decode(video, int(most[0]) if most else None)))
