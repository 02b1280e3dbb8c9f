"""When each frame of a stream is due: which time stamps to believe, and what to do without."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import TypeVar

import av
from av.video.stream import VideoStream

from slceleb_core.media.container import seconds

ASSUMED_RATE = 25.0
"""Frames per second where neither time stamps nor the header tell: PAL, the commonest rate of such streams."""


STRAY_SECONDS = 1.0
"""How far a time stamp must jump ahead before the next one is asked to confirm it: more than a slide show or a live
stream commonly pauses for, and less than would be missed if it were wrong."""

JUMP_SECONDS = 60.0
"""How far the time stamps of pictures must jump ahead before that is told: no slide show shows one for longer."""

OPENING_PICTURES = 1
"""Pictures at the beginning of a stream that may share a stray time stamp."""

OPENING_SOUND = 50
"""Frames of sound that may: as many as one packet of a transport stream holds, a second of AAC."""

FrameT = TypeVar("FrameT", av.VideoFrame, av.AudioFrame)


def believed_opening(stamped: Iterator[tuple[float | None, FrameT]], shared: int) -> list[tuple[float | None, FrameT]]:
    """Return the first frames of a stream with their PTS seconds.

    Where its first time stamp lies hours ahead, only what follows can tell, which agrees on an earlier time: were the
    first one believed, all the others would come too late. So it is put where their first step leads back to.

    Parameters
    ----------
    stamped
        All frames with their times; those that are returned are taken from it, `shared` and two more.
    shared
        How many may have their times by that one stamp.
    """
    opening = list(itertools.islice(stamped, shared + 2))
    times = [time for time, _ in opening if time is not None]
    if len(times) < len(opening):
        return opening
    for place in range(1, len(times) - 1):
        if times[place] < times[place + 1] < times[0] - STRAY_SECONDS:
            away = times[place - 1] - (2 * times[place] - times[place + 1])
            away = min(away, times[0]) if times[place] > 0 else away  # a file begins at 0, unless it says otherwise
            return [(times[n] - away if n < place else times[n], frame) for n, (_, frame) in enumerate(opening)]
    return opening


def believed_times(frames: Iterable[FrameT], shared: int) -> Iterator[tuple[float | None, FrameT]]:
    """Yield each frame with its PTS second, or None where it has none, or a stray one.

    A damaged time stamp can lie hours ahead; were it believed, all that follows would come too late. So a frame that
    jumps ahead waits for the next one: if that one steps back, the jump was an error. The first time stamp of a stream
    may be such a one too; `shared` is as of :func:`believed_opening`.
    """
    stamped = ((seconds(frame.pts, frame.time_base), frame) for frame in frames)
    last: float | None = None
    waiting: tuple[float, FrameT] | None = None
    for time, frame in itertools.chain(believed_opening(stamped, shared), stamped):
        if waiting is not None:
            confirmed = time is None or time > waiting[0]
            last = waiting[0] if confirmed else last
            yield (waiting[0] if confirmed else None), waiting[1]
            waiting = None
        if time is not None and last is not None and time > last + STRAY_SECONDS:
            waiting = time, frame
            continue
        last = last if time is None else time
        yield time, frame
    if waiting is not None:
        yield waiting


class PictureClock:
    """Gives each picture of a stream its time.

    Attributes
    ----------
    dropped
        Pictures left out because their time was not behind that of the one before.
    estimated
        Pictures whose time had to be estimated from the one before and the frame rate.
    jumps
        The second before, and the second behind, of each jump ahead of more than a minute.
    """

    def __init__(self, stream: VideoStream) -> None:
        self.dropped = 0
        self.estimated = 0
        self.jumps: list[tuple[float, float]] = []
        self._stream = stream
        rate = stream.average_rate or stream.guessed_rate
        self._period = 1.0 / float(rate) if rate else 1.0 / ASSUMED_RATE
        self._last: float | None = None

    def timed(self, pictures: Iterable[av.VideoFrame]) -> Iterator[tuple[float, av.VideoFrame]]:
        """Yield PTS seconds and picture, for those pictures whose time is behind that of the one before."""
        for stamp, picture in believed_times(pictures, OPENING_PICTURES):
            time = self._estimate() if stamp is None else stamp
            self.estimated += stamp not in (None, seconds(picture.pts, picture.time_base))
            if self._last is not None and time <= self._last:
                self.dropped += 1
                continue
            if self._last is not None and time > self._last + JUMP_SECONDS:
                self.jumps.append((self._last, time))
            self._last = time
            yield time, picture

    @property
    def period(self) -> float:
        """Seconds that a picture is taken to last where no next one says it."""
        return self._period

    def _estimate(self) -> float:
        """Return the time that the next picture of a regular stream would have."""
        self.estimated += 1
        if self._last is not None:
            return self._last + self._period
        return seconds(self._stream.start_time, self._stream.time_base) or 0.0
