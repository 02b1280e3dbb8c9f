"""What holds for all tests of this repository, those of its plugins included."""

import os
from pathlib import Path

import pytest

MODELS = Path(__file__).resolve().parent.parent / "shared" / "models"


@pytest.fixture(autouse=True)
def _models_beside_the_repository(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Show the suites the model files beside the repository, where nothing says where they are."""
    from slceleb_core.testing.conformance.common import StageBench

    if issubclass(request.cls or object, StageBench) and "SLCELEB_MODELS" not in os.environ and MODELS.is_dir():
        monkeypatch.setenv("SLCELEB_MODELS", str(MODELS))
