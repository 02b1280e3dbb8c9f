"""What the networks say, whoever runs them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from slceleb_core.types import Array, Frame

FINDER_PIXELS = 128
"""Input side of BlazeFace short range (model card)."""

MESH_PIXELS = 256
"""Input side of the mesh network (model card)."""


class Find(NamedTuple):
    """One face as the finder gives it, in parts of the picture's side.

    Attributes
    ----------
    box
        float64 [4]: x0, y0, x1, y1.
    score
        The confidence, 0..1.
    points
        float64 [6, 2]: the eye on the picture's left, the one on its right, nose tip, middle of the mouth, the ear on
        the left, the one on the right (those of the person are the other way round).
    """

    box: Array
    score: float
    points: Array

    def placed(self, x: float, y: float, side: float) -> Find:
        """Return it in pixels, where the picture is a square of that side with its top left corner there."""
        return Find(self.box * side + (x, y, x, y), self.score, self.points * side + (x, y))


@dataclass(frozen=True, slots=True, eq=False)
class Meshes:
    """What was seen through n windows.

    Attributes
    ----------
    points
        float64 [n, 478, 3]: x and y in sides of the window from its top left corner, z on the same scale.
    presence
        float64 [n]: how sure it is that there is a face, 0..1.
    blendshapes
        float32 [n, 52]; [n, 0] when not asked for.
    """

    points: Array
    presence: Array
    blendshapes: Array


class Finder(Protocol):
    """Finds faces in a square picture."""

    def find(self, picture: Array, /) -> list[Find]:
        """Return the faces of a picture, uint8 [128, 128, 3], the surest first."""

    def close(self) -> None:
        """Let go of the model."""


class Search(Protocol):
    """Searches the pictures of a shot for faces, of which as little is done anew as can be.

    Attributes
    ----------
    looks
        How often a network has looked.
    """

    looks: int

    def forget(self) -> None:
        """Forget what was seen: another shot begins."""

    def candidates(self, frame: Frame, followed: Sequence[Array], *, fine: bool) -> list[Array]:
        """Return where faces may be, float64 [4] each: boxes in pixels of the picture, one a face, the largest first.

        Parameters
        ----------
        frame
            The picture.
        followed
            float [4] each: the boxes of faces that are on it, and known.
        fine
            Whether small faces are searched for, too.
        """


class Mesher(Protocol):
    """Looks at faces through windows."""

    def mesh(self, images: Array, windows: Array, /) -> Meshes:
        """Return what is seen through windows, uint8 [n, 256, 256, 3], which are squares of pictures, [n, 4]."""

    def close(self) -> None:
        """Let go of the models."""
