"""End to end, with the shipped plugins on real clips; skipped where clips or models are not at hand."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from slceleb_core.errors import ModelError
from slceleb_core.pipeline import Pipeline
from slceleb_core.results import FrameResult, Rejection, Segment, TrackResult
from slceleb_core.settings import load_settings

SHARED = Path(__file__).resolve().parents[2].parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    if not (SHARED / "media" / "clips").is_dir():
        pytest.skip(f"no {SHARED / 'media'}: real clips are not at hand")
    return SHARED


@pytest.fixture(scope="session")
def settings():
    """Machine facts; the model files beside the repository serve where nothing else is named."""
    found = load_settings()
    if found.models is None and (SHARED / "models").is_dir():
        found = found.model_copy(update={"models": SHARED / "models"})
    return found


@pytest.fixture(scope="session")
def pipeline(settings):
    try:
        with Pipeline.from_profile("default", settings=settings) as opened:
            _ = opened.recognizer
            yield opened
    except ModelError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def gallery(pipeline, shared):
    return pipeline.enroll(shared / "media" / "poi")


@pytest.fixture(scope="session")
def seen(pipeline, gallery, shared):
    """Give a function that runs a clip once and sorts what came out."""
    known = {}

    def run(name):
        if name not in known:
            ran = pipeline.run(shared / "media" / "clips" / name, gallery)
            results = list(ran.results())
            known[name] = SimpleNamespace(
                frames=[result for result in results if isinstance(result, FrameResult)],
                tracks=[result for result in results if isinstance(result, TrackResult)],
                segments=[result for result in results if isinstance(result, Segment)],
                rejected=[result for result in results if isinstance(result, Rejection)],
                summary=ran.summary,
            )
        return known[name]

    return run
