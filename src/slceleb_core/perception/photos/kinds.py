"""What a file holds, by its first bytes: its name may say something else."""

from __future__ import annotations

from collections.abc import Mapping

HEAD = 64
"""Bytes from the beginning of a file that tell what it is."""

HEIC, JPEG, PNG, AVIF = "HEIC", "JPEG", "PNG", "AVIF"

READ = frozenset({JPEG, PNG, "WebP", "BMP", "TIFF", "GIF", "JPEG 2000", AVIF, HEIC})
"""What can be read; HEIC with a library that is not always there."""

MAGIC: Mapping[bytes, str] = {
    b"\xff\xd8\xff": JPEG,
    b"\x89PNG\r\n\x1a\n": PNG,
    b"GIF8": "GIF",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"II+\0": "TIFF",
    b"MM\0+": "TIFF",
    b"\0\0\0\x0cjP  \r\n": "JPEG 2000",
    b"\xff\x4f\xff\x51": "JPEG 2000",
    b"\xff\x0a": "JPEG XL",
    b"\0\0\0\x0cJXL ": "JPEG XL",
    b"8BPS": "PSD",
    b"%PDF": "PDF",
    b"<svg": "SVG",
    b"<!DOCTYPE html": "a web page",
    b"<!doctype html": "a web page",
    b"<html": "a web page",
    b"PK\x03\x04": "an archive",
    b"\x1aE\xdf\xa3": "a video",
    b"FUJIFILMCCD-RAW": "RAW",
    b"IIRO": "RAW",
    b"IIU\0": "RAW",
}
"""Signatures; see each format's specification, or the list of file(1)."""

BRANDS: Mapping[bytes, str] = {
    **dict.fromkeys((b"avif", b"avis"), AVIF),
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"), HEIC),
    b"crx ": "RAW",
}
"""Brands of ISO base media files that are pictures (ISO/IEC 23008-12, and Canon's CR3)."""

RAW = frozenset(
    {
        *(".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dng", ".erf", ".iiq", ".kdc", ".mef", ".mos", ".mrw", ".nef"),
        *(".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf", ".srw", ".x3f"),
    }
)
"""Suffixes of what a camera's sensor saw: most are TIFF by their first bytes, and only their thumbnail is a picture."""


def kind_of(head: bytes, suffix: str = "") -> str:
    """Return what a file holds, in a word; empty where that is not known.

    Parameters
    ----------
    head
        Its first bytes, :data:`HEAD` of them or more.
    suffix
        Of its name, in lower case, with the dot.
    """
    if suffix in RAW:
        return "RAW"
    if head[4:8] == b"ftyp":
        return _brand(head)
    if head[:4] == b"RIFF":
        return "WebP" if head[8:12] == b"WEBP" else "a video or sound"
    if head[:2] == b"BM" and head[6:10] == b"\0\0\0\0":
        return "BMP"
    return next((kind for magic, kind in MAGIC.items() if head.startswith(magic)), "")


def _brand(head: bytes) -> str:
    """Return what an ISO base media file holds; ``mif1`` alone says that of the compatible brands behind it."""
    end = min(int.from_bytes(head[:4], "big"), len(head))
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, end, 4))]
    return next((BRANDS[brand] for brand in brands if brand in BRANDS), "a video")
