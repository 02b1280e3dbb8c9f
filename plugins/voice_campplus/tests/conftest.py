from __future__ import annotations

from pathlib import Path

import pytest

from slceleb_core.errors import ModelError
from slceleb_core.stages import StageContext
from slceleb_core.testing import builders
from slceleb_voice_campplus.sources import CHECKPOINT, CONVERTED

SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "models"


@pytest.fixture(scope="session")
def machine() -> StageContext:
    """What a stage is made with: files lie where `SLCELEB_MODELS` says, or in the shared folder."""
    return builders.context(SHARED if SHARED.is_dir() else None)


@pytest.fixture(scope="session")
def converted(machine) -> Path:
    """The network that was converted by other means; the test is skipped where it is not there."""
    return located(machine, CONVERTED)


@pytest.fixture(scope="session")
def checkpoint() -> Path:
    """The authors' checkpoint; the test is skipped where it is not there."""
    return located(builders.context(), CHECKPOINT)


def located(context: StageContext, file) -> Path:
    try:
        return context.models.locate(file)
    except ModelError as error:
        pytest.skip(str(error))
