"""The whole of it: start-ups, then round after round, every candidate on every video in turn."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from slceleb_core.benchmarking.candidates import Candidate
from slceleb_core.benchmarking.looping import loop
from slceleb_core.benchmarking.measuring import Measurement, Task
from slceleb_core.errors import UsageError
from slceleb_core.media import probe
from slceleb_core.types import VideoInfo

MEMORY_SAMPLES = 1.0
"""Seconds from one look at memory to the next, where that is what is measured."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be measured.

    Attributes
    ----------
    videos
        The files.
    candidates
        What is run on each; the first is what the others are compared with.
    photos
        The gallery; None looks for nobody.
    repeat
        Rounds.
    seconds
        Of each video; None: all of it.
    looped
        Seconds to which each video is looped, where memory is measured; None measures time.
    """

    videos: Sequence[Path]
    candidates: Sequence[Candidate]
    photos: Path | None = None
    repeat: int = 3
    seconds: float | None = None
    looped: float | None = None


@dataclass(frozen=True, slots=True)
class Starting:
    """How a candidate starts.

    Attributes
    ----------
    candidate
        As it runs: with the substitute, where it cannot run without.
    measurement
        A run over one frame.
    remark
        What has to be known of it; may be empty.
    """

    candidate: Candidate
    measurement: Measurement
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """All that was measured.

    Attributes
    ----------
    order
        What was asked for.
    videos
        What the files are.
    starts
        How each candidate starts, in order.
    runs
        Every measurement, as they came.
    """

    order: Order
    videos: Sequence[VideoInfo]
    starts: Sequence[Starting]
    runs: Sequence[Measurement]


def measure(order: Order, announce: Callable[[str], None]) -> Measured:
    """Measure everything; nothing is left behind.

    Parameters
    ----------
    order
        What to measure.
    announce
        Gets a line before each measurement.

    Raises
    ------
    UsageError
        There is no video.
    VideoError
        One cannot be read.
    """
    if not order.videos:
        raise UsageError("there is no video to measure on", "name one, or several: slceleb bench VIDEO...")
    if order.photos is not None and not order.photos.is_dir():
        raise UsageError(f"no such folder of photos: {order.photos}", "name the folder that run gets as --poi-dir")
    videos = [probe(video) for video in order.videos]
    with tempfile.TemporaryDirectory(prefix="slceleb-bench-") as folder:
        task = Task(Path(folder), order.photos)
        starts = [_start(task, candidate, order.videos[0], announce) for candidate in order.candidates]
        able = [start.candidate for start in starts if not start.measurement.error]
        rounds = _timed if order.looped is None else _looped
        return Measured(order, videos, starts, list(rounds(order, task, able, videos, announce)))


def _start(task: Task, candidate: Candidate, video: Path, announce: Callable[[str], None]) -> Starting:
    """Measure a run over one frame, with the candidate's substitute if it does not run without."""
    announce(f"start-up: {candidate.name}")
    made = task.measure(candidate, video, 0, 1)
    if not made.error or not candidate.substitute:
        return Starting(candidate, made)
    other = replace(candidate, overrides=(*candidate.overrides, *candidate.substitute), substitute=())
    again = task.measure(other, video, 0, 1)
    if again.error:
        return Starting(candidate, made)
    return Starting(other, again, f"with {', '.join(candidate.substitute)}, for {made.error}")


def schedule(
    repeat: int, videos: Sequence[Path], candidates: Sequence[Candidate]
) -> Iterator[tuple[int, Path, Candidate]]:
    """Yield what is measured in which order: all candidates in turn, round after round.

    What else the machine does meanwhile meets all of them alike.
    """
    for turn in range(1, repeat + 1):
        for video in videos:
            for candidate in candidates:
                yield turn, video, candidate


def _timed(
    order: Order, task: Task, able: Sequence[Candidate], videos: Sequence[VideoInfo], announce: Callable[[str], None]
) -> Iterator[Measurement]:
    limits = {info.path: _limit(info, order.seconds) for info in videos}
    for turn, video, candidate in schedule(order.repeat, order.videos, able):
        announce(f"round {turn} of {order.repeat}: {video.name}: {candidate.name}")
        yield task.measure(candidate, video, turn, limits[video])


def _limit(info: VideoInfo, seconds: float | None) -> int | None:
    """Return how many frames so many seconds have."""
    if seconds is None:
        return None
    if info.frame_rate is None:
        raise UsageError(f"{info.path}: its frame rate is not known", "measure all of it, without --seconds")
    return max(round(seconds * info.frame_rate), 1)


def _looped(
    order: Order, task: Task, able: Sequence[Candidate], videos: Sequence[VideoInfo], announce: Callable[[str], None]
) -> Iterator[Measurement]:
    assert order.looped is not None  # noqa: S101 - this is what was asked for
    for info in videos:
        announce(f"{info.path.name}: looped to {order.looped:g} s")
        long = task.folder / "looped.mkv"
        loop(info.path, long, order.looped)
        for candidate in able:
            if not candidate.decodes:
                announce(f"memory: {info.path.name}: {candidate.name}")
                made = task.measure(candidate, long, 1, None, MEMORY_SAMPLES)
                yield replace(made, video=str(info.path))
        long.unlink()
