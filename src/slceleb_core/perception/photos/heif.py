"""HEIC photos, as iPhones take them, through ``pillow-heif`` where that is installed."""

from __future__ import annotations

import importlib.util
import io
from typing import Any

import numpy as np

from slceleb_core.types import Array

INSTALL = "pip install 'slceleb-core[heic]'"
"""The command without which no HEIC can be read."""


def installed() -> bool:
    """Tell whether HEIC can be read."""
    return importlib.util.find_spec("pillow_heif") is not None


class HeifPicture:
    """A HEIC picture that has been opened, and is decoded when it is asked for.

    Parameters
    ----------
    data
        The whole file.
    """

    def __init__(self, data: bytes) -> None:
        import pillow_heif

        self._file: Any = pillow_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=True)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        width, height = self._file.size
        return int(width), int(height)

    def decode(self) -> Array:
        """Return it as uint8 [h, w, 3] RGB, turned as the file says (libheif does that), whatever EXIF says."""
        pixels = np.asarray(self._file)
        rgb = np.repeat(pixels[:, :, None], 3, axis=2) if pixels.ndim == 2 else pixels
        if rgb.shape[2] < 3:  # grey with alpha
            rgb = np.repeat(rgb[:, :, :1], 3, axis=2)
        return np.ascontiguousarray(rgb[:, :, :3], dtype=np.uint8)
