"""Whom finding faces with little work relies on: who looks, who listens, and with whom faces are compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from slceleb_core.decision.identity import Gallery
from slceleb_core.stages import Detector, Recognizer
from slceleb_core.types import FaceWindows, Found, Frame, Meshed


class Listening(Protocol):
    """Tells when lips matter."""

    def at(self, time: float) -> bool:
        """Tell it of PTS second `time`."""


class Always:
    """Lips matter throughout."""

    def at(self, time: float) -> bool:  # noqa: ARG002 - the protocol's
        """Return True."""
        return True


class Never:
    """Lips do not matter, as there is nothing to be heard."""

    def at(self, time: float) -> bool:  # noqa: ARG002 - the protocol's
        """Return False."""
        return False


class Looking(Protocol):
    """Finds faces on key frames, and looks at them in between; ``MeshingDetector`` is such."""

    @property
    def window_pixels(self) -> int:
        """Side, in pixels, in which it wants windows."""

    def find(self, frames: Sequence[Frame]) -> Sequence[Found | None]:
        """Return the faces of each key frame, and the window of each; None of one that was not looked at."""

    def mesh(self, windows: FaceWindows) -> Meshed:
        """Return the faces that are seen through windows."""


class Whole:
    """Asks a detector that cannot part finding and looking: every frame is a key frame.

    Parameters
    ----------
    detector
        Open, and told of the video.

    Attributes
    ----------
    together
        How many key frames it likes to be handed together.
    """

    window_pixels = 1

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self.together = detector.batch_frames

    def find(self, frames: Sequence[Frame]) -> list[Found | None]:
        """Return all that it sees; nobody asks for the windows."""
        found = self._detector.detect(frames)
        return [None if faces is None else Found(faces, np.zeros((len(faces), 4))) for faces in found]

    def mesh(self, windows: FaceWindows) -> Meshed:
        """Raise RuntimeError: there is no frame in between."""
        raise RuntimeError(f"{len(windows)} windows for a detector that looks at none")


@dataclass(frozen=True, slots=True, eq=False)
class Comparing:
    """What it takes to compare a few faces with the gallery.

    Attributes
    ----------
    recognizer
        Open, and told of the video.
    gallery
        The persons of interest.
    """

    recognizer: Recognizer
    gallery: Gallery


@dataclass(frozen=True, slots=True, eq=False)
class Needs:
    """What whoever comes behind needs of the faces.

    Attributes
    ----------
    lips
        When they matter.
    pictures
        Whether frames must come with their pictures.
    """

    lips: Listening
    pictures: bool
