"""Pictures with lips made to fit: read, generated a few at a time, handed on; nothing is kept that grows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from slceleb_core.errors import PluginError
from slceleb_core.generating.pasting import Place, cut, paste, place_of
from slceleb_core.generating.rows import FaceRow
from slceleb_core.perception.steps import batches
from slceleb_core.stages import Generator
from slceleb_core.types import Array, Frame


@dataclass(slots=True)
class Made:
    """What has been made up to now.

    Attributes
    ----------
    frames
        Pictures that were handed on.
    changed
        Those of them on which a face was changed.
    unseen
        Those on which the person is, and the lower part of their face is not seen, or too small: left as they are.
    """

    frames: int = 0
    changed: int = 0
    unseen: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Maker:
    """Makes pictures.

    Attributes
    ----------
    generator
        Open, and told of the sound.
    lead
        Seconds that the sound's clock is ahead of the pictures': the sound begins with the first picture.
    made
        Counts what is made.
    """

    generator: Generator
    lead: float
    made: Made = field(default_factory=Made)

    def pictures(self, frames: Iterable[Frame], rows: Iterator[FaceRow]) -> Iterator[tuple[float, Array]]:
        """Yield each frame's PTS second, and its picture: uint8 [height, width, 3], RGB; as it was without a face.

        Parameters
        ----------
        frames
            In order of time.
        rows
            The faces that are changed, in order of frames, one a frame at most.

        Raises
        ------
        PluginError
            The generator gives something else than pictures.
        """
        placed = self._placed(frames, rows)
        for batch in batches(placed, self.generator.batch_faces, lambda pair: pair[0]):
            chosen = [(frame, place) for frame, place in batch if place is not None]
            squares = iter(self._generated(chosen))
            for frame, place in batch:
                self.made.frames += 1
                self.made.changed += place is not None
                picture = frame.image if place is None else paste(frame.image, next(squares), place)
                yield frame.time, picture

    def _placed(self, frames: Iterable[Frame], rows: Iterator[FaceRow]) -> Iterator[tuple[Frame, Place | None]]:
        """Yield each frame with the place of the face that is changed on it."""
        row = next(rows, None)
        for frame in frames:
            while row is not None and row.frame < frame.index:
                row = next(rows, None)
            if row is None or row.frame > frame.index:
                yield frame, None
                continue
            place = place_of(row, self.generator.pads, frame.width, frame.height)
            self.made.unseen += place is None
            yield frame, place

    def _generated(self, chosen: list[tuple[Frame, Place]]) -> Array:
        """Return what the generator makes of the faces of some frames."""
        side = self.generator.face_pixels
        if not chosen:
            return np.zeros((0, side, side, 3), np.uint8)
        faces = np.stack([cut(frame.image, place, side) for frame, place in chosen])
        times = np.array([frame.time + self.lead for frame, _ in chosen])
        made = self.generator.generate(faces, times)
        if made.shape != faces.shape or made.dtype != np.uint8:
            what = f"{made.dtype} of shape {made.shape}, not uint8 of {faces.shape}"
            raise PluginError(f"the generator {self.generator.name} gives {what}", "tell its author")
        return made
