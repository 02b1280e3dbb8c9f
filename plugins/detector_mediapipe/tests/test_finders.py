"""SCRFD as the finder: what it is asked, and what becomes of its finds."""

from types import SimpleNamespace

import numpy as np
import pytest
from pydantic import ValidationError

from slceleb_core.errors import ModelError, PluginError, UsageError
from slceleb_core.testing import builders
from slceleb_core.types import Frame
from slceleb_detector_mediapipe import MediapipeConfig, MediapipeDetector, finders


@pytest.fixture
def absent(monkeypatch):
    """Have the plugin with SCRFD not be installed."""
    monkeypatch.setattr(finders, "installed", lambda: False)


def detector_with(**options):
    return MediapipeDetector(MediapipeConfig(**options), builders.context())


def test_a_finder_that_is_not_installed_is_missed_before_the_first_video(absent):
    with pytest.raises(PluginError, match="slceleb-detector-insightface is not installed") as refused:
        MediapipeDetector.check(MediapipeConfig(finder="scrfd"))
    assert refused.value.hint == "pip install 'slceleb-detector-mediapipe[scrfd]', or leave finder out"
    MediapipeDetector.check(MediapipeConfig())


def test_a_preview_without_the_finder_goes_by_its_name(absent):
    names = [detector_with(finder="scrfd", finder_model=name).signature()["finder_model"] for name in (None, "a.onnx")]
    assert names == [None, "a.onnx"]


def test_a_model_for_another_finder_is_refused():
    with pytest.raises(UsageError, match=r"finder_model: only scrfd can be another model"):
        MediapipeDetector.check(MediapipeConfig(finder_model="det_10g"))
    with pytest.raises(ValidationError):
        MediapipeConfig(finder="yunet")


def test_what_finds_faces_is_part_of_the_signature_only_where_it_does():
    catalog = pytest.importorskip(
        "slceleb_detector_insightface.catalog", reason="the plugin with SCRFD is not installed"
    )
    found = detector_with(finder="scrfd").signature()
    assert found["finder_model"] == catalog.DET_500M.sha256
    assert "onnxruntime" in "".join(found["finder_versions"])
    other = detector_with(finder="scrfd", finder_model="det_10g").signature()
    assert other["finder_model"] == catalog.DET_10G.sha256
    assert not [name for name in detector_with().signature() if name.startswith("finder_")]


class FakeFinder:
    """Stands for SCRFD: sees what it is told to, and counts how often it looks."""

    def __init__(self, *boxes):
        self.boxes, self.looked = np.array(boxes, dtype=np.float64).reshape(-1, 4), []
        self.sizes = SimpleNamespace(
            fine=lambda frame: self._level(frame, 1), coarse=lambda frame, fine=None: self._level(frame, 4)
        )

    def levels(self, frame):
        return [self.sizes.fine(frame), self.sizes.coarse(frame)]

    def look(self, frames, levels):
        self.looked.append([len(level.canvas) for level in levels[0]])
        return [SimpleNamespace(boxes=self.boxes) for _ in frames]

    @staticmethod
    def _level(frame, by):
        return SimpleNamespace(canvas=np.ascontiguousarray(frame.image[::by, ::by]), scale=np.full(2, float(by)))


@pytest.fixture
def search():
    """Give a function that makes a search with a fake finder."""
    glances = pytest.importorskip("slceleb_detector_mediapipe.glances", reason="the plugin with SCRFD is not installed")
    return lambda *boxes: glances.WholeSearch(FakeFinder(*boxes))


def still(*squares, shade=40):
    image = np.full((256, 512, 3), shade, np.uint8)
    for x, y, side in squares:
        image[y : y + side, x : x + side] = 220
    return Frame(0, 0.0, image)


def test_candidates_are_all_finds_the_largest_first(search):
    small, large = [10.0, 10, 30, 30], [100.0, 50, 200, 150]
    found = search(small, large).candidates(still(), (), fine=True)
    assert [box.tolist() for box in found] == [large, small]


def test_large_faces_are_looked_for_from_afar_alone(search):
    whole = search()
    whole.candidates(still(), (), fine=False)
    whole.candidates(still(), (), fine=True)
    assert whole._finder.looked == [[64], [256, 64]]
    assert whole.looks == 3


def test_a_picture_that_has_not_changed_is_not_looked_at_again(search):
    whole = search([0.0, 0, 9, 9])
    for picture in (still(), still(), still((64, 64, 64)), still((64, 64, 64))):
        assert len(whole.candidates(picture, (), fine=True)) == 1
    assert len(whole._finder.looked) == 2
    whole.forget()
    whole.candidates(still((64, 64, 64)), (), fine=True)
    assert len(whole._finder.looked) == 3


def test_a_face_that_is_followed_may_move_without_being_looked_for(search):
    whole = search()
    whole.candidates(still((64, 64, 64)), (), fine=True)
    whole.candidates(still((68, 64, 64)), [np.array([62.0, 62, 134, 130])], fine=True)
    assert len(whole._finder.looked) == 1
    whole.candidates(still((68, 64, 64), (300, 100, 32)), [np.array([62.0, 62, 134, 130])], fine=True)
    assert len(whole._finder.looked) == 2


def test_all_six_people_of_the_sample_picture_are_met_and_the_report_says_with_what(opened, group):
    pytest.importorskip("slceleb_detector_insightface", reason="the plugin with SCRFD is not installed")
    detector, own = opened(max_faces=10, finder="scrfd"), opened(max_faces=10)
    for used in (detector, own):
        used.start(builders.video_info())
    (found,), (expected,) = (used.detect([Frame(0, 0.0, group)]) for used in (detector, own))
    assert len(found) == len(expected) == 6
    order, other = (np.argsort(faces.boxes[:, 0]) for faces in (found, expected))
    np.testing.assert_allclose(found.landmarks478[order], expected.landmarks478[other], atol=4.0)
    report = detector.report()
    assert report["finder"]["model"]["licence"] == "non-commercial research only"
    assert report["tiles"] <= 2 < own.report()["tiles"]


def test_a_model_of_the_finder_that_is_missing_says_how_to_get_it(context, archive, tmp_path):
    from dataclasses import replace

    pytest.importorskip("slceleb_detector_insightface", reason="the plugin with SCRFD is not installed")
    store = replace(context.models, folder=None, cache=tmp_path)
    detector = MediapipeDetector(
        MediapipeConfig(finder="scrfd", model_path=archive.path), replace(context, models=store)
    )
    with pytest.raises(ModelError, match=r"det_500m\.onnx is not on this machine") as missing:
        detector.open()
    assert "slceleb models fetch det_500m.onnx" in (missing.value.hint or "")
