"""An evaluation of real results against the clips' labels; skipped where clips, models or plugins are not at hand."""

from pathlib import Path

import pytest

from slceleb_core.errors import ModelError, PluginError
from slceleb_core.pipeline import Pipeline
from slceleb_core.settings import load_settings

pytest.importorskip("pyannote.metrics")

SHARED = Path(__file__).resolve().parents[2].parent / "shared"

REFERENCE = """video,person,start,end
obama_biden,obama,1.0,1.6
obama_biden,obama,2.1,3.7
obama_biden,obama,4.3,5.4
obama_biden,obama,5.7,7.5
obama_biden,obama,8.0,8.7
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    media, models = SHARED / "media", SHARED / "models"
    if not (media / "clips").is_dir():
        pytest.skip(f"no {media}: real clips are not at hand")
    settings = load_settings()
    if settings.models is None and models.is_dir():
        settings = settings.model_copy(update={"models": models})
    folder = tmp_path_factory.mktemp("out")
    try:
        with Pipeline.from_profile("default", settings=settings) as pipeline:
            pipeline.process(media / "clips" / "obama_biden.mp4", folder, pipeline.enroll(media / "poi"))
    except (ModelError, PluginError) as error:
        pytest.skip(str(error))
    return folder


def test_real_results_are_scored(results, tmp_path):
    from slceleb_core.evaluation.page import page
    from slceleb_core.evaluation.report import evaluate

    (tmp_path / "reference.csv").write_text(REFERENCE)
    report = evaluate(tmp_path / "reference.csv", results)
    assert report.time.overall.recall > 0.8
    assert report.time.overall.precision > 0.7
    assert set(report.time.people) == {"obama"}
    assert report.faces.overall.ap > 0.95
    assert report.faces.people["biden"].positives == 0
    assert not report.attribution.wrong
    assert report.videos[0].regions == ((0.0, pytest.approx(8.713, abs=0.001)),)
    assert "obama" in page(report)
