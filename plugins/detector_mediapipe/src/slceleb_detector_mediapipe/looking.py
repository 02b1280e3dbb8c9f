"""Looking at a picture, or at a face through a window, with MediaPipe's two models."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from slceleb_core.geometry import intersection_over_union
from slceleb_core.types import Array
from slceleb_detector_mediapipe.config import MediapipeConfig
from slceleb_detector_mediapipe.measure import disagreement, plausible
from slceleb_detector_mediapipe.native import FaceFinder, FaceMesher
from slceleb_detector_mediapipe.search import candidates
from slceleb_detector_mediapipe.sideviews import SURE, from_aside
from slceleb_detector_mediapipe.sightings import SAME, Sighting, flipped, nearest, placed, unmirrored
from slceleb_detector_mediapipe.tiles import Square
from slceleb_detector_mediapipe.windows import MARGIN, WIDE, around, cut, pixels_for

MIRRORED = 0.12
"""Face sizes by which a new face and its mirror image may disagree.

Measured on InsightFace's sample picture at three sizes and on frames of four clips: faces up to 0.064 (a profile of 24
pixels), other things from 0.186 on.
"""


class Looker:
    """MediaPipe's two models, and how a face is looked for with them.

    Parameters
    ----------
    model
        The file of the landmarker.
    config
        The detector's options.

    Attributes
    ----------
    windows
        How many windows the landmarker has looked through.

    Raises
    ------
    PluginError
        MediaPipe cannot be loaded on this machine.
    ModelError
        The model file cannot be loaded.
    """

    def __init__(self, model: Path, config: MediapipeConfig) -> None:
        self.windows = 0
        self._config = config
        self._finder = FaceFinder(model, config.min_confidence)
        try:
            self._mesher = FaceMesher(model, config.min_confidence, blendshapes=config.blendshapes)
        except BaseException:
            self._finder.close()
            raise

    def close(self) -> None:
        """Let go of the models."""
        self._finder.close()
        self._mesher.close()

    def search(self, image: Array) -> list[Array]:
        """Return where faces may be on a picture, uint8 [h, w, 3]: a box [4] each, the largest first."""
        return candidates(self._finder, image, self._config.min_face)

    def meet(self, image: Array, box: Array) -> tuple[Square, Sighting] | None:
        """Return the window and the new face where the search found `box`; None where a closer look finds no mesh."""
        first = self._mesh(image, around(box, MARGIN), box)
        if first is None:
            return None
        window = around(first.box, MARGIN)
        seen = self._mesh(image, window, first.box)
        return (window, seen) if seen is not None and self._is_real(image, window, seen) else None

    def meet_aside(self, image: Array, box: Array) -> tuple[Square, Sighting] | None:
        """Return the same of a face seen from the side; None where it is not surely one."""
        first = self._aside(image, around(box, MARGIN), box)
        if first is None:
            return None
        window = around(first.box, MARGIN)
        seen, mirrored = self._aside(image, window, first.box), self._aside_in_mirror(image, window, first.box)
        if seen is None or mirrored is None or seen.pose[0] != mirrored.pose[0]:
            return None
        return (window, seen) if _surety(seen, mirrored) >= SURE else None

    def again(self, image: Array, window: Square, expected: Array, last: Sighting) -> Sighting | None:
        """Return the face that is followed and expected at a box, if it is seen; `last` is how it was seen before.

        A face that was seen from the side is met anew when it turns: a profile may be fitted with a mesh that is none.
        """
        seen = self._mesh(image, window, expected)
        if seen is None and last.meshed:
            seen = self._mesh(image, around(expected, WIDE), expected)
        if seen is not None and (last.meshed or self._is_real(image, window, seen)):
            return seen
        return self._aside(image, window, expected)

    def confidence(self, image: Array, window: Square, box: Array) -> float:
        """Return the finder's confidence in the face at `box`; the least one asked for where it is not sure."""
        corner = np.array([window.x, window.y, window.x, window.y])
        finds = self._finder.find(cut(image, window, self._finder.pixels))
        sure = [find.score for find in finds if intersection_over_union(find.box * window.side + corner, box) > SAME]
        return max(sure, default=float(self._config.min_confidence))

    def _mesh(self, image: Array, window: Square, expected: Array) -> Sighting | None:
        """Return the face that the landmarker sees through a window near to `expected`, if there is one."""
        self.windows += 1
        meshes = self._mesher.mesh(cut(image, window, pixels_for(window)))
        sightings = (placed(mesh, window) for mesh in meshes)
        return nearest((sighting for sighting in sightings if plausible(sighting.points)), expected)

    def _is_real(self, image: Array, window: Square, seen: Sighting) -> bool:
        """Tell whether a new find is a face: its mirror image must give the same face, mirrored."""
        picture = cut(image, window, pixels_for(window))[:, ::-1]
        sightings = (placed(flipped(mesh), window) for mesh in self._mesher.mesh(picture))
        return any(disagreement(seen.points, sighting.points) <= MIRRORED for sighting in sightings)

    def _aside(self, image: Array, window: Square, expected: Array) -> Sighting | None:
        """Return the face that the finder sees from the side through a window near to `expected`, if there is one."""
        finds = self._finder.find(cut(image, window, self._finder.pixels))
        return nearest(_present(from_aside(find, window) for find in finds), expected)

    def _aside_in_mirror(self, image: Array, window: Square, expected: Array) -> Sighting | None:
        """Return the same of the mirror image, as it lies in the picture."""
        finds = self._finder.find(cut(image, window, self._finder.pixels)[:, ::-1])
        return nearest(_present(from_aside(unmirrored(find), window) for find in finds), expected)


def _surety(seen: Sighting, mirrored: Sighting) -> float:
    """Return the mean confidence in two sightings from the side."""
    return ((seen.score or 0.0) + (mirrored.score or 0.0)) / 2


def _present(seen: Iterator[Sighting | None]) -> Iterator[Sighting]:
    return (sighting for sighting in seen if sighting is not None)
