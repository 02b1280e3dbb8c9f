"""What the numbers of a picture mean as colours: the matrix that made them of red, green and blue, and their range."""

from __future__ import annotations

from dataclasses import dataclass

import av
from av.video.reformatter import ColorRange, Colorspace

MATRICES = {
    1: Colorspace.ITU709,
    4: Colorspace.FCC,
    5: Colorspace.ITU601,
    6: Colorspace.SMPTE170M,
    7: Colorspace.SMPTE240M,
    9: Colorspace.BT2020,
    10: Colorspace.BT2020,
}
"""libswscale's matrices by the ``AVColorSpace`` of a frame (libavutil ``pixfmt.h``; the numbers of ITU-T H.273)."""

LARGEST_SD = 576
"""Rows up to which a picture that does not tell its matrix is taken for standard definition (ITU-R BT.601), and above
which for BT.709, as players do."""


@dataclass(frozen=True, slots=True)
class Colours:
    """How numbers are to be read."""

    matrix: Colorspace
    range: ColorRange


def colours_of(picture: av.VideoFrame) -> Colours:
    """Return what a picture says of its colours, and what players assume where it says nothing."""
    assumed = Colorspace.ITU601 if picture.height <= LARGEST_SD else Colorspace.ITU709
    full = picture.color_range == ColorRange.JPEG or picture.format.name.startswith("yuvj")
    return Colours(MATRICES.get(int(picture.colorspace), assumed), ColorRange.JPEG if full else ColorRange.MPEG)
