"""What a file is, whatever it is called and wherever it lies."""

from __future__ import annotations

from pathlib import Path

from slceleb_core.errors import VideoError
from slceleb_core.media.container import check_file
from slceleb_core.models import sha256_of


def fingerprint(path: Path) -> str:
    """Return ``sha256:`` and the hash of a file.

    Raises
    ------
    VideoError
        It is not there, or cannot be read.
    """
    check_file(path)
    try:
        return f"sha256:{sha256_of(path)}"
    except OSError as error:
        raise VideoError(
            f"{path}: cannot be read: {error.strerror or error}", "check the disk that it is on"
        ) from error
