"""Finding the faces of pictures.

It is public: another detector may look for faces with it, and look at them by means of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

from slceleb_core.types import Array, Frame
from slceleb_detector_insightface.levels import Level, Sizes
from slceleb_detector_insightface.network import ScrfdNetwork, open_network
from slceleb_detector_insightface.scrfd import Finds, decoded, joined, one_each

__all__ = ["Finds", "Level", "ScrfdFinder", "open_network"]


class ScrfdFinder:
    """Finds faces; it keeps nothing from one picture to the next.

    Parameters
    ----------
    network
        The detector file.
    longest
        Longer side, in pixels, of the finest look at a picture.
    least
        Least confidence in a face.

    Attributes
    ----------
    sizes
        In which sizes pictures are looked at.
    """

    def __init__(self, network: ScrfdNetwork, longest: int, least: float) -> None:
        self.network = network
        self.sizes = Sizes(longest, network.multiple, network.fixed)
        self._least = least

    def find(self, frames: Sequence[Frame]) -> list[Finds]:
        """Return the faces of each frame, the surest first."""
        return self.look(frames, [self.levels(frame) for frame in frames])

    def levels(self, frame: Frame) -> list[Level]:
        """Return a frame in the sizes in which it is looked at, the finest first."""
        fine = self.sizes.fine(frame)
        coarse = self.sizes.coarse(frame, fine)
        return [fine] if coarse is None else [fine, coarse]

    def look(self, frames: Sequence[Frame], levels: Sequence[Sequence[Level]]) -> list[Finds]:
        """Return the faces that are seen on some levels of each frame, the surest first."""
        outputs = iter(self.network.run([level.canvas for several in levels for level in several]))
        return [
            one_each(joined([self._seen(next(outputs), level) for level in several]), frame.width, frame.height)
            for frame, several in zip(frames, levels, strict=True)
        ]

    def _seen(self, outputs: Sequence[Array], level: Level) -> Finds:
        height, width = level.canvas.shape[:2]
        return decoded(outputs, self.network.layout, width, height, self._least).scaled(level.scale)
