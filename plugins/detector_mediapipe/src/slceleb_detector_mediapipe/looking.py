"""Looking at a frame, or at a face through a window, with the finder and the mesher."""

from __future__ import annotations

from collections.abc import Iterator

from slceleb_core.geometry import intersection_over_union
from slceleb_core.media.windows import to_picture
from slceleb_core.types import Array, Frame
from slceleb_detector_mediapipe.headpose import HeadPose
from slceleb_detector_mediapipe.measure import disagreement, plausible, pose_of
from slceleb_detector_mediapipe.pixels import windows_of
from slceleb_detector_mediapipe.seen import FINDER_PIXELS, MESH_PIXELS, Find, Finder, Mesher
from slceleb_detector_mediapipe.sideviews import SURE, from_aside
from slceleb_detector_mediapipe.sightings import SAME, Followed, Sighting, distance, meshed, near, nearest, unmirrored
from slceleb_detector_mediapipe.windows import FINDING, WIDE, around_find, finding, shifted, steady, upright

MIRRORED = 0.12
"""Face sizes by which a new face and its mirror image may disagree.

Measured on InsightFace's sample picture at three sizes and on frames of four clips: faces up to 0.064 (a profile of 24
pixels), other things from 0.186 on.
"""


class Looker:
    """How a face is looked for.

    Parameters
    ----------
    finder, mesher, poses
        What it is looked for with.
    min_confidence
        Least confidence in a mesh.

    Attributes
    ----------
    windows
        How many windows have been looked through.
    """

    def __init__(self, finder: Finder, mesher: Mesher, poses: HeadPose, min_confidence: float) -> None:
        self.windows = 0
        self._finder, self._mesher, self._poses = finder, mesher, poses
        self._least = min_confidence

    def meet(self, frame: Frame, box: Array) -> tuple[Array, Sighting] | None:
        """Return the window and the new face where the search found `box`; None where a closer look finds no mesh."""
        find = self._nearest(frame, upright(box, FINDING), box)
        first = None if find is None else self._mesh(frame, around_find(find.box, find.points), box)
        if first is None:
            return None
        window = first.window()
        seen = self._mesh(frame, window, first.box)
        return (window, seen) if seen is not None and self._is_real(frame, window, seen) else None

    def meet_aside(self, frame: Frame, box: Array) -> tuple[Array, Sighting] | None:
        """Return the same of a face seen from the side; None where it is not surely one."""
        first = self._aside(frame, upright(box, FINDING), box)
        if first is None:
            return None
        window = first.window()
        seen, mirrored = (look(frame, finding(window), first.box) for look in (self._aside, self._aside_in_mirror))
        if seen is None or mirrored is None or seen.pose[0] != mirrored.pose[0]:
            return None
        return (window, seen) if _surety(seen, mirrored) >= SURE else None

    def again(self, frame: Frame, face: Followed) -> tuple[Array, Sighting] | None:
        """Return the window and the face that is followed, if it is seen where it is expected.

        A face that was seen from the side is met anew when it turns: a profile may be fitted with a mesh that is none.
        """
        expected = face.expected(frame.time)
        window = steady(face.window, shifted(face.last.window(), face.moved(frame.time)))
        if not face.last.meshed:
            aside = self._aside(frame, finding(window), expected)
            return self.meet(frame, expected) if aside is None else (window, aside)
        seen = self._mesh(frame, window, expected)
        if seen is not None:
            return self._settled(frame, window, seen)
        find = self._nearest(frame, upright(expected, WIDE), expected)
        if find is None:
            return None
        window = around_find(find.box, find.points)
        seen = self._mesh(frame, window, expected)
        if seen is not None:
            return self._settled(frame, window, seen)
        aside = from_aside(find)
        return None if aside is None or not near(aside, expected) else (aside.window(), aside)

    def _settled(self, frame: Frame, window: Array, seen: Sighting) -> tuple[Array, Sighting]:
        """Return a face through a window in whose middle it is: a better one than it was seen through, if need be."""
        better = steady(window, seen.window())
        if better is window:
            return window, seen
        once_more = self._mesh(frame, better, seen.box)
        return (window, seen) if once_more is None else (better, once_more)

    def confidence(self, frame: Frame, face: Followed) -> float:
        """Return the finder's confidence in a face; the least one asked for where it is not sure."""
        finds = self._finds(frame, finding(face.window))
        sure = [find.score for find in finds if intersection_over_union(find.box, face.last.box) > SAME]
        return max(sure, default=self._least)

    def _mesh(self, frame: Frame, window: Array, expected: Array) -> Sighting | None:
        """Return the face that is seen through a window near to `expected`, if there is one."""
        self.windows += 1
        seen = self._look(windows_of(frame, window[None], MESH_PIXELS), window)
        return None if seen is None or not near(seen, expected) else seen

    def _look(self, images: Array, window: Array) -> Sighting | None:
        """Return the face that is seen on one picture of a window, uint8 [1, 256, 256, 3]."""
        meshes = self._mesher.mesh(images, window[None])
        points = to_picture(meshes.points, window[None])
        if not len(points) or meshes.presence[0] < self._least or not plausible(points[0]):
            return None
        return meshed(points[0], pose_of(self._poses.transforms(points)[0]), meshes.blendshapes[0])

    def _is_real(self, frame: Frame, window: Array, seen: Sighting) -> bool:
        """Tell whether a new find is a face: its mirror image must be found, and give the same face, mirrored."""
        finds = self._finder.find(windows_of(frame, finding(window)[None], FINDER_PIXELS)[0][:, ::-1])
        if not finds:
            return False
        mirrored = self._mesher.mesh(windows_of(frame, window[None], MESH_PIXELS)[:, :, ::-1], window[None])
        if mirrored.presence[0] < self._least:
            return False
        points = to_picture(mirrored.points * (-1.0, 1.0, 1.0) + (1.0, 0.0, 0.0), window[None])
        return disagreement(seen.points, points[0]) <= MIRRORED

    def _finds(self, frame: Frame, square: Array) -> list[Find]:
        """Return the finds in a square of a frame that is not turned, in pixels of the frame."""
        x, y, side, _ = (float(value) for value in square)
        finds = self._finder.find(windows_of(frame, square[None], FINDER_PIXELS)[0])
        return [find.placed(x - side / 2, y - side / 2, side) for find in finds]

    def _nearest(self, frame: Frame, square: Array, expected: Array) -> Find | None:
        """Return the find in a square that is nearest to a box, if one can be what is expected there."""
        finds = [find for find in self._finds(frame, square) if near(find, expected)]
        return min(finds, key=lambda find: distance(find.box, expected), default=None)

    def _aside(self, frame: Frame, square: Array, expected: Array) -> Sighting | None:
        """Return the face that the finder sees from the side in a square near to `expected`, if there is one."""
        return nearest(_present(from_aside(find) for find in self._finds(frame, square)), expected)

    def _aside_in_mirror(self, frame: Frame, square: Array, expected: Array) -> Sighting | None:
        """Return the same of the mirror image, as it lies in the picture."""
        x, y, side, _ = (float(value) for value in square)
        finds = self._finder.find(windows_of(frame, square[None], FINDER_PIXELS)[0][:, ::-1])
        placed = (unmirrored(find).placed(x - side / 2, y - side / 2, side) for find in finds)
        return nearest(_present(from_aside(find) for find in placed), expected)


def _surety(seen: Sighting, mirrored: Sighting) -> float:
    """Return the mean confidence in two sightings from the side."""
    return ((seen.score or 0.0) + (mirrored.score or 0.0)) / 2


def _present(seen: Iterator[Sighting | None]) -> Iterator[Sighting]:
    return (sighting for sighting in seen if sighting is not None)
