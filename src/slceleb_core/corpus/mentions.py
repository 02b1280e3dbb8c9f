"""Looking for what should be gone, in every file of an output folder."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

from slceleb_core.corpus.redaction import Redaction

MEDIA = frozenset({".wav", ".mp4", ".mkv", ".webm", ".clip", ".jpg", ".png", ".flac"})
"""Files that hold no text; what they show or sound like nobody can search for here."""


def find_mentions(output_dir: Path, redaction: Redaction) -> Iterator[Path]:
    """Yield every file and folder of which the name, or the text in it, has one of the words."""
    for path in sorted(output_dir.rglob("*")):
        if redaction.in_text(path.name) or (path.is_file() and _mentioned(path, redaction)):
            yield path


def _mentioned(path: Path, redaction: Redaction) -> bool:
    if path.suffix.lower() in MEDIA:
        return False
    try:
        with path.open("rb") as raw:
            lines = gzip.GzipFile(fileobj=raw) if path.suffix == ".gz" else raw
            return any(redaction.in_text(line.decode("utf-8", "ignore")) for line in lines)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        return False  # damaged: nobody can read a name out of it
