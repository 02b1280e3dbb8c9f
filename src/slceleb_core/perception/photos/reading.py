"""Reading a photo: upright, in its right colours, and within bounds of memory."""

from __future__ import annotations

import contextlib
import stat
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from slceleb_core.errors import one_line
from slceleb_core.models import sha256_of
from slceleb_core.pages.wording import size as amount
from slceleb_core.perception.photos.dimensions import BOXES, Size, dimensions
from slceleb_core.perception.photos.heif import INSTALL, HeifPicture, installed
from slceleb_core.perception.photos.integrity import broken
from slceleb_core.perception.photos.kinds import AVIF, HEAD, HEIC, READ, kind_of
from slceleb_core.types import Array

LARGEST = 250_000_000
"""Pixels: more than the largest sensors of phones (200 million) have, and 0.75 GB of memory while it is decoded."""

LARGEST_FILE = 1_000_000_000
"""Bytes: more than a photo of that size has, in all but formats that nobody keeps photos in."""

LOOKED_AT = 25_000_000
"""Pixels that are looked at; of a larger photo every second, fourth or eighth, as JPEG decoders can do at once."""

REDUCED = {
    1: cv2.IMREAD_COLOR,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}
"""How a picture is asked for at a part of its width and height."""


class PictureError(Exception):
    """A file that cannot be read as a picture; the text says why, for people."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A photo that has been read.

    Attributes
    ----------
    pixels
        uint8 [h, w, 3] RGB, upright.
    part
        By what its width and height were divided.
    """

    pixels: Array
    part: int = 1


def head_of(path: Path) -> bytes:
    """Return a file's first bytes.

    Raises
    ------
    OSError
        It cannot be read.
    PictureError
        It is no regular file: reading a pipe or a device may never end.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise PictureError("no file, but a folder, pipe, socket or device")
    with path.open("rb") as stream:
        return stream.read(HEAD)


def read_picture(path: Path) -> Picture:
    """Return a picture file; what it is, its content says, whatever it is called.

    Raises
    ------
    PictureError
        It cannot be read.
    """
    try:
        kind = _readable_kind(head_of(path), path.suffix.lower())
        length = path.stat().st_size
        if length > LARGEST_FILE:
            raise PictureError(f"too large: {amount(length)}, at most {amount(LARGEST_FILE)} are read")
        data = path.read_bytes()
    except OSError as error:
        raise PictureError(error.strerror or one_line(error)) from None
    return _heif(data) if kind == HEIC else _decoded(kind, data)


def content_of(path: Path) -> str:
    """Return the hash of a photo's file, as hex.

    Raises
    ------
    OSError
        It cannot be read.
    PictureError
        It is no regular file.
    """
    head_of(path)
    return sha256_of(path)


def content_key(path: Path) -> str:
    """Return what decides what is read of a photo: its content, and whether that is a kind that is read here."""
    try:
        unread = kind_of(head_of(path), path.suffix.lower()) == HEIC and not installed()
        return f"{sha256_of(path)} unread" if unread else sha256_of(path)
    except (OSError, PictureError):
        return "unread"


def _readable_kind(head: bytes, suffix: str) -> str:
    if not head:
        raise PictureError("an empty file")
    kind = kind_of(head, suffix)
    if kind == HEIC and not installed():
        raise PictureError(f"HEIC: {INSTALL}")
    if kind not in READ:
        raise PictureError(f"its content is {kind}" if kind else "not a picture")
    return kind


def _decoded(kind: str, data: bytes) -> Picture:
    size = dimensions(kind, data) or (0, 0)
    _refuse_gigapixels(size)
    wrong = broken(kind, data)
    if wrong:
        raise PictureError(wrong)
    part = _part(size)
    turned = cv2.IMREAD_IGNORE_ORIENTATION if kind == AVIF else 0  # EXIF says nothing there: ISO/IEC 23008-12, 6.5.10
    with _silently():
        try:
            pixels = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), REDUCED[part] | turned)
        except cv2.error as error:
            raise PictureError(f"not decoded: {error.err}") from None
    if pixels is None:
        raise PictureError(f"damaged, or a kind of {kind} that is not read")
    upright = _upright(pixels, data) if kind == AVIF else pixels
    return Picture(np.asarray(cv2.cvtColor(upright, cv2.COLOR_BGR2RGB)), part)


def _heif(data: bytes) -> Picture:
    """Return a HEIC picture; libheif knows no other size than the whole."""
    try:
        opened = HeifPicture(data)
        _refuse_gigapixels(opened.size)
        pixels = opened.decode()
    except PictureError:
        raise
    except Exception as error:  # its own errors have no common base
        raise PictureError(f"damaged, or a kind of HEIC that is not read: {one_line(error)}") from None
    part = _part(opened.size)
    return Picture(np.ascontiguousarray(_smaller(pixels, part)), part)


def _smaller(pixels: Array, part: int) -> Array:
    if part == 1:
        return pixels
    height, width = pixels.shape[0] // part, pixels.shape[1] // part
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA))


def _refuse_gigapixels(size: Size) -> None:
    width, height = size
    if width * height > LARGEST:
        limit = f"at most {LARGEST // 1_000_000} million are read"
        raise PictureError(f"too large: {width} x {height} pixels, {limit}")


def _part(size: Size) -> int:
    pixels = size[0] * size[1]
    return next((part for part in REDUCED if pixels <= LOOKED_AT * part * part), max(REDUCED))


def _upright(pixels: Array, data: bytes) -> Array:
    """Return an AVIF picture turned and mirrored as its properties say, which OpenCV does not read."""
    turns, axis = _property(data, b"irot"), _property(data, b"imir")
    turned = pixels if turns is None else np.rot90(pixels, turns & 3)  # anticlockwise, by quarters
    mirrored = turned if axis is None else (turned[:, ::-1] if axis & 1 else turned[::-1])
    return np.ascontiguousarray(mirrored)


def _property(data: bytes, box: bytes) -> int | None:
    """Return the value of a property of one byte; None where there is none."""
    at = data.find(struct.pack(">I", 9) + box, 0, BOXES)
    return data[at + 8] if 0 <= at < len(data) - 8 else None


@contextlib.contextmanager
def _silently() -> Iterator[None]:
    """Keep OpenCV from printing what is wrong with a picture: it is said in one line, with the file's name."""
    logging = cv2.utils.logging
    before = logging.getLogLevel()
    logging.setLogLevel(logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        logging.setLogLevel(before)
