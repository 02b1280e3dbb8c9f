"""The profile `recall` on a real clip: two stages of which one looks at pictures, behind one door."""

import pytest

from slceleb_core.errors import ModelError
from slceleb_core.pipeline import Pipeline
from slceleb_core.results import FrameResult, Segment
from slceleb_core.types import TimeRange

PART = TimeRange(0.0, 4.5)


@pytest.fixture(scope="module")
def made(shared, settings):
    """Return what is made of the beginning of a clip in which one speaks and one listens, and its summary."""
    try:
        with Pipeline.from_profile("recall", settings=settings) as pipeline:
            gallery = pipeline.enroll(shared / "media" / "poi")
            run = pipeline.run(shared / "media" / "clips" / "obama_biden.mp4", gallery, part=PART)
            return list(run.results()), run.summary
    except ModelError as error:
        pytest.skip(str(error))


def test_who_speaks_is_found_and_who_listens_is_not(made):
    results, _ = made
    segments = [result for result in results if isinstance(result, Segment)]
    assert {segment.person for segment in segments} == {"obama"}
    assert segments[0].start < 2.6


def test_it_is_said_what_each_stage_made_of_each_face(made):
    results, summary = made
    faces = [face for result in results if isinstance(result, FrameResult) for face in result.faces]
    told = [face for face in faces if face.diagnostics]
    assert {tuple(face.diagnostics) for face in told} == {("xcorr", "lrasd")}
    assert all(face.speaking >= face.diagnostics["xcorr"] - 1e-4 for face in told)  # nothing is ever lowered
    report = summary.provenance["stages"]["speaker"]
    raised = [face for face in told if face.speaking > face.diagnostics["xcorr"] + 1e-4]
    assert 0 < len(raised) <= report["faces_raised"] <= report["faces_scored"]
    assert [part["name"] for part in report["made_of"]] == ["xcorr", "lrasd"]
    assert "light_asd_ava.onnx" in {file["name"] for file in report["model_files"]}
