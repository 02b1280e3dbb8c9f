"""What is done with a network, shown with small ones that take whatever is red for a face."""

from types import SimpleNamespace

import numpy as np
import pytest

from slceleb_core.errors import ModelError, UsageError
from slceleb_core.testing import builders
from slceleb_core.testing.conformance import DetectorConformance
from slceleb_core.types import Frame
from slceleb_detector_insightface import InsightfaceDetector

RED = (255, 0, 0)


def frames(*places, size=(320, 240)):
    """Return frames, each with a red square of 32 pixels at a place."""
    pictures = []
    for x, y in places:
        picture = np.zeros((size[1], size[0], 3), np.uint8)
        picture[y : y + 32, x : x + 32] = RED
        pictures.append(picture)
    return [Frame(n, n / 25, picture) for n, picture in enumerate(pictures)]


class TestDrawnNetwork(DetectorConformance):
    stage = InsightfaceDetector
    options = {"model": "drawn.onnx"}  # noqa: RUF012 - pytest makes one object a test

    @pytest.fixture
    def context(self, drawn):
        path = drawn()
        return builders.context(path.parent)

    @pytest.fixture
    def frames(self):
        return frames(*[(64 + 2 * n, 96) for n in range(8)])


def opened(detector):
    detector.open()
    detector.start(builders.video_info())
    return detector


def test_a_face_lies_where_the_picture_shows_it(make, drawn):
    for found in opened(make(model=str(drawn()))).detect(frames((64, 96), (200, 64), size=(640, 480))):
        assert len(found) == 1
    (found,) = opened(make(model=str(drawn()))).detect(frames((64, 96)))
    middle = (found.boxes[0, :2] + found.boxes[0, 2:]) / 2
    assert np.abs(middle - (80, 112)).max() <= 32


@pytest.mark.parametrize("how", [{"batch": 1}, {"batch": "n"}, {"side": 320}, {"batch": 1, "side": 320}])
def test_files_for_one_picture_and_for_many_and_of_a_fixed_size_are_run(make, drawn, how):
    found = opened(make(model=str(drawn(**how)))).detect(frames((64, 96), (0, 0), (288, 208)))
    assert [len(faces) for faces in found] == [1, 1, 1]


def test_together_gives_what_one_by_one_gives(make, drawn, monkeypatch):
    from slceleb_detector_insightface.network import ScrfdNetwork

    pictures = [*frames((64, 96), (32, 0), (100, 100)), *frames((64, 96), size=(200, 300))]
    detector = opened(make(model=str(drawn())))
    apart = [detector.detect([frame])[0] for frame in pictures]
    monkeypatch.setattr(ScrfdNetwork, "pictures_per_call", 2)
    for one, other in zip(apart, detector.detect(pictures), strict=True):
        np.testing.assert_allclose(one.boxes, other.boxes, atol=1e-3)
        np.testing.assert_allclose(one.keypoints5, other.keypoints5, atol=1e-3)


def test_a_picture_is_never_made_whole_to_be_looked_at(make, drawn):
    """Of a 2160p frame, what is made is a small picture."""

    class Counting:
        size = (3840, 2160)

        def __init__(self):
            self.asked = []

        def small(self, width, height):
            self.asked.append((width, height))
            return np.zeros((height, width, 3), np.uint8)

    pixels = Counting()
    opened(make(model=str(drawn()))).detect([Frame(0, 0.0, pixels=pixels)])
    assert pixels.asked == [(515, 290)]


def test_smaller_faces_take_a_larger_picture(make, drawn):
    sizes = []
    for options in ({"min_face": 0.02}, {"min_face": 0.1}, {"input_size": 256}):
        pixels = SimpleNamespace(size=(1920, 1080))
        pixels.small = lambda width, height: sizes.append(width) or np.zeros((height, width, 3), np.uint8)
        opened(make(model=str(drawn()), **options)).detect([Frame(0, 0.0, pixels=pixels)])
    assert sizes == [900, 180, 256]


def test_a_file_without_points_is_refused(make, drawn):
    with pytest.raises(ModelError, match="gives boxes and no points"):
        make(model=str(drawn(points=False))).open()


def test_a_file_that_is_no_detector_is_refused(make, tmp_path):
    path = tmp_path / "broken.onnx"
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(ModelError, match=r"broken\.onnx cannot be loaded"):
        make(model=str(path)).open()


def test_a_name_that_is_not_known_is_refused_with_a_suggestion(make):
    with pytest.raises(UsageError, match=r"detect\.options\.model: no detector named 'det_50m'") as refused:
        make(model="det_50m").open()
    assert "det_500m" in (refused.value.hint or "")
    with pytest.raises(ModelError, match="no such file"):
        make(model="none/such.onnx").signature()


def test_a_pinned_file_that_is_missing_says_how_to_get_it_and_under_which_licence(make):
    with pytest.raises(ModelError, match=r"det_500m\.onnx is not on this machine") as missing:
        make().open()
    assert "slceleb models fetch det_500m.onnx" in (missing.value.hint or "")
    assert all(file.licence == "non-commercial research only" for file in InsightfaceDetector.model_files)


def test_another_file_of_a_pinned_name_is_refused(make, drawn):
    path = drawn("det_500m.onnx")
    with pytest.raises(ModelError, match=r"is not the det_500m\.onnx that is pinned"):
        make(folder=path.parent).open()


def test_a_provider_that_is_not_there_is_refused(make, drawn):
    with pytest.raises(UsageError, match=r"detect\.options\.providers"):
        make(model=str(drawn()), providers=["NoSuchExecutionProvider"]).open()


def test_a_file_of_ones_own_counts_by_its_content(make, drawn):
    same = {str(make(model=str(drawn(name))).signature()) for name in ("a.onnx", "b.onnx")}
    assert len(same) == 1
    assert make(model=str(drawn("c.onnx", side=320))).signature() != make(model=str(drawn("a.onnx"))).signature()


def test_the_report_says_what_ran_and_how_often(make, drawn):
    detector = opened(make(model=str(drawn())))
    detector.detect(frames((0, 0), (64, 64)))
    report = detector.report()
    assert report["frames"] == 2
    assert report["providers"] == ["CPUExecutionProvider"]
    assert report["model"]["licence"] == "unknown: ask its publisher"
