"""The frames of several cameras, brought together on the frames of one of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from slceleb_core.decision.views.sightings import ViewFrame


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """What all cameras show while one frame of the first is shown.

    Attributes
    ----------
    index
        Of that frame, in the video of the first camera.
    time, end
        From when until when, seconds.
    frames
        The frame that each camera shows in the middle of it, by the camera's place; of those that show one then.
    """

    index: int
    time: float
    end: float
    frames: Mapping[int, ViewFrame]


def moments(first: Iterable[ViewFrame], others: Mapping[int, Iterable[ViewFrame]]) -> Iterator[Moment]:
    """Yield a moment for each frame of the first camera.

    Parameters
    ----------
    first
        Its frames, in order of time.
    others
        Those of the other cameras, by their places.
    """
    running = {camera: _Running(frames) for camera, frames in others.items()}
    for frame in first:
        middle = (frame.time + frame.end) / 2
        shown = {camera: found for camera, view in running.items() if (found := view.at(middle)) is not None}
        yield Moment(frame.index, frame.time, frame.end, {frame.camera: frame, **shown})


class _Running:
    """The frames of a camera, gone through as time goes on."""

    def __init__(self, frames: Iterable[ViewFrame]) -> None:
        self._frames = iter(frames)
        self._shown: ViewFrame | None = None
        self._next = next(self._frames, None)

    def at(self, time: float) -> ViewFrame | None:
        """Return the frame that is shown at a time, which is later than before; None where none is."""
        while self._next is not None and self._next.time <= time:
            self._shown, self._next = self._next, next(self._frames, None)
        shown = self._shown
        return shown if shown is not None and shown.time <= time < shown.end else None
