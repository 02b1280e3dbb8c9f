"""Faces seen from the side: the finder still sees them, the landmarker gives no mesh.

Without them a person in full view who looks away would be nowhere in the results, and nobody could say why the stretch
was left out. BlazeFace gives six points with each find (both eyes, nose tip, mouth, both ears; model card). A find is
taken for a side view only where the nose reaches beyond both eyes. A face that looks more towards the camera would have
a mesh; and the other things that the finder takes for faces, hands or folds of a curtain, it sees from the front, or
squashed.
"""

from __future__ import annotations

import numpy as np

from slceleb_core.types import BLENDSHAPES, LANDMARKS, Array
from slceleb_detector_mediapipe.seen import Find
from slceleb_detector_mediapipe.sightings import Sighting

SURE = 0.65
"""Least confidence in a face that is first seen from the side: the mean of what the finder says of it and its mirror
image.

Measured on nine clips, every sixth frame: five profiles .66 to .84; other finds with a nose beyond the eyes up to .59.
"""

BEYOND = 0.1
"""By how much the nose reaches beyond the further eye, at least, in distances from eyes to mouth.

Measured on the same frames: .18 to .49; at 45 degrees of yaw, by the proportions of a head, it is about .1.
"""

UPRIGHT = (0.3, 0.6)
"""How far the mouth is below the eyes, in sides of the finder's box. Measured on the same frames: .35 to .46."""

SIDEWAYS = 90.0
"""Degrees of yaw that a side view counts as: the six points tell that a face is turned away, not how far."""

MOUTH_WIDTH = 0.83
"""Width of a mouth in distances between the eyes, of ArcFace's alignment template: the finder has one point for it."""


def from_aside(find: Find) -> Sighting | None:
    """Return a find, in pixels of the picture, as a face seen from the side; None where it is not one."""
    facing = heading(find)
    if facing == 0:
        return None
    return Sighting(
        box=find.box,
        five=five_of(find.points),
        pose=np.array([facing * SIDEWAYS, 0.0, 0.0], dtype=np.float32),
        score=find.score,
        points=np.full((LANDMARKS, 3), np.nan),
        blendshapes=np.full(BLENDSHAPES, np.nan, dtype=np.float32),
    )


def heading(find: Find) -> int:
    """Return which way a face looks that is seen from the side, upright: 1 right, -1 left; 0: it is none such."""
    eyes, nose, mouth = find.points[:2], find.points[2], find.points[3]
    height = float(mouth[1] - eyes[:, 1].mean())
    if not UPRIGHT[0] <= height / max(float(find.box[3] - find.box[1]), 1e-9) <= UPRIGHT[1]:
        return 0
    reach = BEYOND * height
    return int(bool((nose[0] - eyes[:, 0] > reach).all())) - int(bool((eyes[:, 0] - nose[0] > reach).all()))


def five_of(points: Array) -> Array:
    """Return float64 [5, 2], the five points of ``Faces.keypoints5``, of the finder's six."""
    eyes = points[np.argsort(points[:2, 0], kind="stable")]
    half = (eyes[1] - eyes[0]) * (MOUTH_WIDTH / 2)
    return np.stack([eyes[0], eyes[1], points[2], points[3] - half, points[3] + half])
