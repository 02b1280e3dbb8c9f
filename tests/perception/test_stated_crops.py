"""A recognizer is shown faces as it states: videos and photos, at every frame or now and then."""

import cv2
import numpy as np
import pytest

from slceleb_core import Pipeline
from slceleb_core.decision.attention import THOROUGH, EconomyConfig
from slceleb_core.errors import PluginError
from slceleb_core.profile import Profile
from slceleb_core.registry import Registry
from slceleb_core.settings import Settings
from slceleb_core.testing import RED, FakePlugin, FakeRecognizer, Person, SyntheticTalker, write_video
from slceleb_core.testing.fakes import KEYPOINTS

TALKER = SyntheticTalker(seed=1, duration=1.0)
BOX = (20.0, 30.0, 84.0, 94.0)
OWN = np.array([[50.0, 60.0], [110.0, 60.0], [80.0, 95.0], [58.0, 125.0], [102.0, 125.0]])
"""Where FaceNet's crops of 160 pixels could have the five points."""


class Wide(FakeRecognizer):
    """Takes 160 pixels, and keeps what it was shown."""

    name = "fake"
    crop_size = 160
    template = OWN

    def open(self):
        super().open()
        self.shown = []

    def embed(self, crops):
        self.shown += list(crops.images)
        return super().embed(crops)


@pytest.fixture
def opened(tmp_path):
    """Give a function that opens a pipeline with a recognizer of one's own."""
    made = []

    def open_pipeline(recognizer, economy=THOROUGH):
        sections = {role: {"use": "fake"} for role in ("detect", "embed", "speaker")}
        profile = Profile.model_validate({**sections, "economy": economy.model_dump()})
        registry = Registry.of(FakePlugin(recognizer=recognizer))
        pipeline = Pipeline.from_profile(profile, registry=registry, settings=Settings(cache=tmp_path / "cache"))
        made.append(pipeline)
        return pipeline.__enter__()

    yield open_pipeline
    for pipeline in made:
        pipeline.__exit__(None, None, None)


@pytest.fixture
def folder(tmp_path):
    """Photos of one person, as the video shows them."""
    picture = np.full((120, 160, 3), 128, np.uint8)
    Person(RED, BOX).draw(picture, 0.0)
    (tmp_path / "photos" / "ada").mkdir(parents=True)
    cv2.imwrite(str(tmp_path / "photos" / "ada" / "a.png"), picture[:, :, ::-1])
    return tmp_path / "photos"


def expected(picture, wanted, size):
    """Return the crop of the one person, by OpenCV's own least squares of four numbers."""
    x0, y0, x1, y1 = BOX
    points = np.array([x0, y0]) + np.array(KEYPOINTS) * (x1 - x0, y1 - y0)
    rows = [row for x, y in points for row in ([x, -y, 1, 0], [y, x, 0, 1])]
    (re, im, tx, ty), *_ = np.linalg.lstsq(np.array(rows), wanted.ravel(), rcond=None)
    matrix = np.array([[re, -im, tx], [im, re, ty]])
    return cv2.warpAffine(picture, matrix, (size, size), flags=cv2.INTER_LINEAR)


@pytest.mark.parametrize("economy", [THOROUGH, EconomyConfig()])
def test_photos_and_faces_of_videos_are_shown_in_its_size_and_on_its_template(opened, folder, tmp_path, economy):
    video = write_video(
        tmp_path / "v.mkv", [Person(RED, BOX, TALKER.frozen())], audio=TALKER.audio(), duration=1.0, size=(160, 120)
    )
    pipeline = opened(Wide, economy)
    gallery = pipeline.enroll(folder)
    (photo,) = pipeline.recognizer.shown
    picture = cv2.imread(str(folder / "ada" / "a.png"))[:, :, ::-1]
    assert np.abs(photo.astype(int) - expected(np.ascontiguousarray(picture), OWN, 160)).max() <= 1
    run = pipeline.run(video, gallery)
    list(run)
    seen = pipeline.recognizer.shown[1:]
    assert seen
    for crop in seen:
        assert crop.shape == (160, 160, 3)
        assert np.abs(crop.astype(int) - photo).mean() < 8  # the video is lossy
    assert run.summary.statistics["tracks_identified"] == 1


def test_another_size_alone_takes_arcfaces_template_with_it(opened, folder):
    pipeline = opened(type("Large", (Wide,), {"crop_size": 224, "template": None}))
    pipeline.enroll(folder)
    (photo,) = pipeline.recognizer.shown
    picture = np.ascontiguousarray(cv2.imread(str(folder / "ada" / "a.png"))[:, :, ::-1])
    arcface = np.array([[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.73, 92.2]])
    assert np.abs(photo.astype(int) - expected(picture, 2 * arcface, 224)).mean() < 0.5


@pytest.mark.parametrize(
    "stated", [{"template": OWN[:3]}, {"crop_size": 0, "template": None}, {"crop_size": 112.5, "template": None}]
)
def test_who_states_no_crop_is_refused_in_a_line_before_anything_is_looked_at(opened, stated):
    pipeline = opened(type("Vague", (Wide,), stated))
    with pytest.raises(PluginError, match="the recognizer 'fake' does not state what crops it takes: "):
        _ = pipeline.recognizer
