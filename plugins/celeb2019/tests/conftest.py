"""What the tests share: the real files, where they are at hand."""

import os
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[3].parent / "shared"


@pytest.fixture(scope="session")
def folder() -> Path:
    """Return the folder with the four files of 2019."""
    found = Path(os.environ.get("SLCELEB_MODELS", SHARED / "models")) / "celeb2019"
    if not found.is_dir():
        pytest.skip(f"no {found}: the networks of 2019 are not at hand")
    return found


@pytest.fixture(scope="session")
def media() -> Path:
    """Return the folder of photos and clips."""
    if not (SHARED / "media").is_dir():
        pytest.skip(f"no {SHARED / 'media'}: photos are not at hand")
    return SHARED / "media"
