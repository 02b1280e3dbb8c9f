"""When each picture of a stream is shown: PTS seconds that rise strictly, estimated where the file gives none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import av
from av.video.stream import VideoStream

from slceleb_core.media.container import seconds

ASSUMED_RATE = 25.0
"""Frames per second where neither time stamps nor the header tell: PAL, the commonest rate of such streams."""


class PictureClock:
    """Gives each picture of a stream its time.

    Attributes
    ----------
    dropped
        Pictures left out because their time was not behind that of the one before.
    estimated
        Pictures whose time had to be estimated from the one before and the frame rate.
    """

    def __init__(self, stream: VideoStream) -> None:
        self.dropped = 0
        self.estimated = 0
        self._stream = stream
        rate = stream.average_rate or stream.guessed_rate
        self._period = 1.0 / float(rate) if rate else 1.0 / ASSUMED_RATE
        self._last: float | None = None

    def timed(self, pictures: Iterable[av.VideoFrame]) -> Iterator[tuple[float, av.VideoFrame]]:
        """Yield PTS seconds and picture, for those pictures whose time is behind that of the one before."""
        for picture in pictures:
            time = self._time_of(picture)
            if self._last is not None and time <= self._last:
                self.dropped += 1
                continue
            self._last = time
            yield time, picture

    @property
    def period(self) -> float:
        """Seconds that a picture is taken to last where no next one says it."""
        return self._period

    def _time_of(self, picture: av.VideoFrame) -> float:
        """Return the time that the file gives, else that of a regular stream."""
        time = seconds(picture.pts, picture.time_base or self._stream.time_base)
        if time is not None:
            return time
        self.estimated += 1
        if self._last is not None:
            return self._last + self._period
        return seconds(self._stream.start_time, self._stream.time_base) or 0.0
