"""Small pictures of faces, cut out of clips and videos, as JPEG."""

from __future__ import annotations

import base64
import logging
from pathlib import Path

import cv2
import numpy as np

from slceleb_core.errors import SlcelebError
from slceleb_core.media.excerpt import pictures_between
from slceleb_core.media.orientation import orientation_of
from slceleb_core.review.lanes import Moment
from slceleb_core.types import Array

log = logging.getLogger(__name__)

SIDE = 112
"""Pixels; twice what the page shows, for fine screens."""

MARGIN = 0.45
"""Shares of a face's box that are shown beyond it on each side: hair and chin."""

QUALITY = 80
"""Of the JPEG; about 4 KB a picture."""

GLIMPSE = 1e-3
"""Seconds; shorter than any picture is shown."""


def thumbnail(path: Path, time: float, moment: Moment) -> str | None:
    """Return a face as a data URI; None where the file has no picture then, or cannot be read.

    Parameters
    ----------
    path
        A video, or a clip of it.
    time
        When, on the clock of that file.
    moment
        Where the face is, in the pixels of the whole picture, upright.
    """
    try:
        shown = next(pictures_between(path, max(time, 0.0), max(time, 0.0) + GLIMPSE), None)
        if shown is None:
            return None
        image = orientation_of(shown.picture).apply(shown.picture.to_ndarray(format="rgb24"))
    except (SlcelebError, OSError) as error:
        log.debug("no thumbnail out of %s: %s", path, error)
        return None
    return _data_uri(_square(image, moment.box))


def _square(image: Array, box: tuple[float, float, float, float]) -> Array:
    """Return the square around a box, uint8 [SIDE, SIDE, 3]; its edge goes on where the picture does not."""
    x0, y0, x1, y1 = box
    half = max(x1 - x0, y1 - y0, 2.0) * (0.5 + MARGIN)
    scale = SIDE / (2 * half)
    left, top = (x0 + x1) / 2 - half, (y0 + y1) / 2 - half
    matrix = np.array([[scale, 0.0, -left * scale], [0.0, scale, -top * scale]])
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    if scale < 0.5:  # warping looks at four points only: what is far larger is made smaller first
        less = 2 * scale
        small = cv2.resize(image, None, fx=less, fy=less, interpolation=cv2.INTER_AREA)
        return _square(np.asarray(small), (x0 * less, y0 * less, x1 * less, y1 * less))
    return np.asarray(cv2.warpAffine(image, matrix, (SIDE, SIDE), flags=how, borderMode=cv2.BORDER_REPLICATE))


def _data_uri(image: Array) -> str | None:
    done, content = cv2.imencode(".jpg", image[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return f"data:image/jpeg;base64,{base64.b64encode(content.tobytes()).decode('ascii')}" if done else None
