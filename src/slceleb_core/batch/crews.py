"""How many workers this machine has room for, where nobody says how many, and what each gets of its processors."""

from __future__ import annotations

from slceleb_core.batch.limits import available_memory, computes_on_gpu, usable_processors
from slceleb_core.pages.wording import size
from slceleb_core.runners import Crew

WORKER_MEMORY = 700_000_000
"""Bytes that a worker takes, however long its video is: 0.6 to 0.7 GB (see docs/batch.md, "How many workers")."""


def crew_of_this_machine(videos: int, device: str) -> Crew:
    """Return how many workers do so many videos: one each, as far as processors and memory go.

    Parameters
    ----------
    videos
        How many are to be done.
    device
        The machine's setting: ``auto``, ``cpu`` or ``cuda``.
    """
    if videos <= 1:
        return Crew(1, "one a video")
    if computes_on_gpu(device):
        return Crew(1, "more would share the GPU")
    room, memory = usable_processors(), available_memory()
    fitting = memory // WORKER_MEMORY
    if fitting < min(videos, room):
        return Crew(max(fitting, 1), f"{size(memory)} of memory are available, and each takes {size(WORKER_MEMORY)}")
    if room < videos:
        return Crew(room, "one a processor")
    return Crew(videos, "one a video")


def shares(threads: int, workers: int) -> tuple[int, ...]:
    """Return how many threads each of some workers gets: all that there are, and at least one each."""
    least, over = divmod(threads, workers)
    return tuple(max(least + (number < over), 1) for number in range(workers))
