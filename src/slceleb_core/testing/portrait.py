"""A drawn face that face detectors take for one: what their tests need where there is no recording.

It is made of ellipses, in colours of its own, and was found by each of the detectors that it was shown: YuNet (.93),
BlazeFace with MediaPipe's mesh (.93), SCRFD-500M and SCRFD-2.5G (.83 to .87). It is nobody's.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import cv2
import numpy as np

from slceleb_core.types import Array, Frame

WALL = (150.0, 160.0, 172.0)

FINENESS = 3
"""Pixels that are drawn for one in each direction."""


class _Patch(NamedTuple):
    """An ellipse; lengths in halves of the face's width, the origin between the eyes, y down."""

    middle: tuple[float, float]
    radii: tuple[float, float]
    colour: tuple[float, float, float]
    blur: float
    opacity: float = 1.0
    turn: float = 0.0


def _both(x: float, y: float, radii: tuple[float, float], *look: float | tuple[float, float, float]) -> list[_Patch]:
    """Return a patch on either side of the face."""
    colour, blur, *rest = look
    return [_Patch((side * x, y), radii, colour, blur, *rest) for side in (-1, 1)]  # type: ignore[arg-type]


HEAD = [
    _Patch((0, 2.6), (2.1, 1.3), (60, 70, 110), 0),  # shoulders
    _Patch((0, 1.5), (0.5, 0.7), (190, 140, 115), 0.03),  # neck
    _Patch((0, 0.05), (1.08, 1.42), (45, 32, 25), 0.03),  # hair
    *_both(1.0, 0.35, (0.12, 0.25), (205, 150, 125), 0.02),  # ears
    _Patch((0, 0.28), (0.95, 1.22), (224, 172, 146), 0.03),  # skin
    _Patch((0, -0.62), (0.8, 0.36), (232, 184, 158), 0.12, 0.6),  # forehead
    *_both(0.62, 0.55, (0.3, 0.28), (205, 140, 120), 0.15, 0.5),  # cheeks
    _Patch((0, 1.35), (0.4, 0.15), (190, 138, 115), 0.1, 0.5),  # chin
]
EYES = [
    *_both(0.42, -0.03, (0.30, 0.17), (178, 128, 106), 0.08, 0.8),  # sockets
    *_both(0.42, 0.0, (0.2, 0.085), (240, 238, 235), 0.015),
    *_both(0.42, 0.0, (0.085, 0.085), (60, 40, 30), 0.012),  # irises
    *_both(0.42, -0.085, (0.22, 0.03), (70, 45, 38), 0.012),  # lids
    *_both(0.42, -0.27, (0.27, 0.05), (55, 38, 30), 0.02),  # brows
]
NOSE_AND_MOUTH = [
    _Patch((0, 0.2), (0.09, 0.34), (236, 190, 166), 0.06, 0.8),  # bridge
    _Patch((0, 0.45), (0.17, 0.1), (214, 158, 134), 0.04),
    *_both(0.1, 0.5, (0.05, 0.03), (120, 75, 62), 0.02),  # nostrils
    _Patch((0, 0.57), (0.16, 0.03), (175, 120, 100), 0.05, 0.7),
    _Patch((0, 0.85), (0.32, 0.09), (170, 85, 82), 0.02),  # lips
    _Patch((0, 0.85), (0.28, 0.012), (80, 35, 35), 0.01),
    _Patch((0, 1.0), (0.2, 0.03), (190, 140, 118), 0.04, 0.7),
]


@cache
def portrait(
    width: int = 320, height: int = 240, middle: tuple[float, float] = (160.0, 110.0), half_width: float = 52.0
) -> Array:
    """Return uint8 [height, width, 3], RGB, read-only: somebody who looks into the camera.

    Parameters
    ----------
    width, height
        Size of the picture.
    middle
        Where the point between the eyes is, in pixels.
    half_width
        Half the width of the face, in pixels.
    """
    canvas = np.full((height * FINENESS, width * FINENESS, 3), WALL, np.float32)
    for patch in (*HEAD, *EYES, *NOSE_AND_MOUTH):
        mask = np.zeros(canvas.shape[:2], np.float32)
        at = (np.array(middle) + np.array(patch.middle) * half_width) * FINENESS
        radii = np.array(patch.radii) * half_width * FINENESS
        place, size = ((round(float(x)), round(float(y))) for x, y in (at, radii))
        cv2.ellipse(mask, place, size, patch.turn, 0, 360, patch.opacity, -1, cv2.LINE_AA)
        if patch.blur:
            mask = cv2.GaussianBlur(mask, (0, 0), patch.blur * half_width * FINENESS).astype(np.float32)
        canvas += (np.array(patch.colour, np.float32) - canvas) * mask[..., None]
    picture = cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA).clip(0, 255).astype(np.uint8)
    picture.flags.writeable = False
    return np.asarray(picture)


def portrait_frames(count: int = 8, rate: float = 25.0) -> list[Frame]:
    """Return consecutive frames of one shot: the portrait, which moves to the right by a pixel a frame."""
    pictures = [np.roll(portrait(), shift, axis=1) for shift in range(count)]
    return [Frame(number, number / rate, picture) for number, picture in enumerate(pictures)]
