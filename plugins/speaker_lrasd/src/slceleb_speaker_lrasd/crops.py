"""What is kept of a face: a small grey picture, as the authors' evaluation cuts it out."""

from __future__ import annotations

import cv2
import numpy as np

from slceleb_core.types import Array, Frame

SIDE = 112
"""Pixels of the networks' pictures, whatever the shape of the face's box: the aspect is not kept."""


def crops(frame: Frame, boxes: Array) -> Array:
    """Return uint8 [n, 112, 112]: the boxes of a frame, grey and scaled; black where a box is off the picture.

    Parameters
    ----------
    frame
        The picture.
    boxes
        float32 [n, 4], pixels. They are cut at whole pixels, towards zero, and at the picture's edges.
    """
    cut = np.zeros((len(boxes), SIDE, SIDE), np.uint8)
    for row, (x0, y0, x1, y1) in enumerate(np.trunc(boxes).astype(int).tolist()):
        part = frame.part(x0, y0, x1, y1)
        if part.size:
            grey = cv2.cvtColor(np.ascontiguousarray(part), cv2.COLOR_RGB2GRAY)
            cut[row] = cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
    return cut
