"""The detector and the recognizer, with small networks and, where they are at hand, with those of 2019."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from slceleb_celeb2019 import MobilefacenetRecognizer, RetinafaceDetector
from slceleb_celeb2019.networks import MOBILEFACENET, RETINAFACE
from slceleb_core.errors import ModelError, UsageError
from slceleb_core.perception.alignment import align_faces
from slceleb_core.testing import builders
from slceleb_core.testing.conformance import DetectorConformance, RecognizerConformance
from slceleb_core.types import FaceCrops, Frame

STAGES = {"detect": (RetinafaceDetector, "retinaface"), "embed": (MobilefacenetRecognizer, "mobilefacenet")}


class TestRetinaface(DetectorConformance):
    stage = RetinafaceDetector


class TestMobilefacenet(RecognizerConformance):
    stage = MobilefacenetRecognizer

    @pytest.fixture
    def people(self, folder, media):
        context = builders.context(folder.parent)
        crops = {}
        with RetinafaceDetector(RetinafaceDetector.Config(max_faces=1), context) as detector:
            for person in ("obama", "biden"):
                pictures = [read(path) for path in sorted((media / "poi" / person).glob("*.jpg"))]
                faces = [detector.detect([Frame(0, 0.0, picture)])[0] for picture in pictures]
                crops[person] = [align_faces(p, f.keypoints5)[0] for p, f in zip(pictures, faces, strict=True)]
        return crops


class TestDrawnRetinaface(DetectorConformance):
    stage = RetinafaceDetector
    options = {"file": "retinaface.onnx"}  # noqa: RUF012 - pytest makes one object a test

    @pytest.fixture
    def context(self, drawn):
        return builders.context(drawn("retinaface").parent)

    @pytest.fixture
    def frames(self):
        return [red_square(128 + 2 * n, 96, index=n) for n in range(8)]


class TestDrawnMobilefacenet(RecognizerConformance):
    stage = MobilefacenetRecognizer
    options = {"file": "mobilefacenet.onnx"}  # noqa: RUF012

    @pytest.fixture
    def context(self, drawn):
        return builders.context(drawn("mobilefacenet").parent)


def read(path):
    return cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)


def red_square(x, y, size=(640, 360), index=0):
    picture = np.zeros((size[1], size[0], 3), np.uint8)
    picture[y : y + 16, x : x + 16] = (255, 0, 0)
    return Frame(index, index / 25, picture)


def test_a_face_lies_where_the_picture_shows_it_whatever_its_size(drawn):
    config = RetinafaceDetector.Config(file=drawn("retinaface"))
    for scale in (1, 2):
        with RetinafaceDetector(config, builders.context()) as detector:
            detector.start(builders.video_info())
            frame = red_square(128, 96)
            picture = cv2.resize(frame.image, None, fx=scale, fy=scale, interpolation=cv2.INTER_NEAREST)
            (found,) = detector.detect([Frame(0, 0.0, picture)])
            assert len(found) >= 1
            middle = (found.boxes[0, :2] + found.boxes[0, 2:]) / 2
            assert np.abs(middle - scale * np.array([136, 104])).max() <= 8 * scale
            assert found.pose.shape == (len(found), 3)
            assert detector.report()["frames"] == 1


def test_options_of_2019_can_be_changed(drawn):
    path = drawn("retinaface")
    counts = {}
    for name, options in {
        "plain": {},
        "sure": {"min_confidence": 1.0},
        "one": {"max_faces": 1, "overlap": 1.0},
    }.items():
        with RetinafaceDetector(RetinafaceDetector.Config(file=path, **options), builders.context()) as detector:
            counts[name] = len(detector.detect([red_square(128, 96)])[0])
    assert counts["plain"] >= 1
    assert (counts["sure"], counts["one"]) == (0, 1)


def test_the_point_is_that_of_2019(drawn):
    config = MobilefacenetRecognizer.Config(file=drawn("mobilefacenet"))
    with MobilefacenetRecognizer(config, builders.context()) as recognizer:
        assert recognizer.threshold == pytest.approx(0.2312)
        assert (recognizer.crop_size, recognizer.template) == (112, None)
        a, b = np.array([1.0, 0.0]), np.array([recognizer.threshold, np.sqrt(1 - recognizer.threshold**2)])
        assert np.linalg.norm(a - b) == pytest.approx(1.24)


@pytest.mark.parametrize("role", STAGES)
def test_where_files_are_missing_one_line_says_which_and_what_makes_them(role, tmp_path):
    stage, _ = STAGES[role]
    network = {"detect": RETINAFACE, "embed": MOBILEFACENET}[role]
    with pytest.raises(ModelError) as missing:
        stage(stage.Config(), builders.context(tmp_path)).open()
    said = f"{network.title} is not on this machine: no {network.symbol.name} and no {network.params.name}"
    assert missing.value.message == said
    for part in (f"{tmp_path}", "celeb2019", "slceleb-celeb2019 FOLDER TARGET", network.onnx, f"{role}.options.file"):
        assert part in missing.value.hint


@pytest.mark.parametrize("role", STAGES)
def test_another_network_is_refused_in_a_line(role, drawn, tmp_path):
    stage, _ = STAGES[role]
    other = drawn({"detect": "mobilefacenet", "embed": "retinaface"}[role])
    with pytest.raises(
        ModelError, match=rf"{other.name} is not {'RetinaFace' if role == 'detect' else 'MobileFaceNet'}"
    ):
        stage(stage.Config(file=other), builders.context()).open()
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no network")
    with pytest.raises(ModelError, match=r"broken\.onnx cannot be loaded"):
        stage(stage.Config(file=broken), builders.context()).open()
    with pytest.raises(ModelError, match=r"gone\.onnx"):
        stage(stage.Config(file=tmp_path / "gone.onnx"), builders.context()).open()


def test_embeddings_of_another_length_are_refused(drawn):
    path = drawn("mobilefacenet", values=64)
    with pytest.raises(ModelError, match=r"gives embeddings of shape \[64\], expected \[128\]"):
        MobilefacenetRecognizer(MobilefacenetRecognizer.Config(file=path), builders.context()).open()


@pytest.mark.parametrize("role", STAGES)
def test_a_provider_that_is_not_there_is_named(role, drawn):
    stage, kind = STAGES[role]
    config = stage.Config(file=drawn(kind), providers=("NoSuchProvider",))
    with pytest.raises(UsageError, match=rf"{role}\.options\.providers"):
        stage(config, builders.context()).open()


@pytest.mark.parametrize("role", STAGES)
def test_a_file_of_ones_own_counts_by_its_content_and_is_recorded(role, drawn):
    stage, kind = STAGES[role]
    path = drawn(kind)
    made = stage(stage.Config(file=path), builders.context())
    same = stage(stage.Config(file=shutil.copyfile(path, path.with_name("b.onnx"))), builders.context())
    assert made.signature() == same.signature()
    with made:
        assert list(made.context.models.used) == [path.name]
        assert made.report()["licence"] == "unknown: ask its publisher"
    path.write_bytes(path.read_bytes() + b"\0")
    assert stage(stage.Config(file=path), builders.context()).signature() != same.signature()


@pytest.mark.parametrize("role", STAGES)
@pytest.mark.parametrize("within", ["", "celeb2019"])
def test_the_authors_files_are_read_where_they_lie_and_recorded(role, within, folder, tmp_path):
    stage, _ = STAGES[role]
    network = {"detect": RETINAFACE, "embed": MOBILEFACENET}[role]
    (tmp_path / within).mkdir(exist_ok=True)
    for file in (network.symbol, network.params):
        shutil.copyfile(folder / file.name, tmp_path / within / file.name)
    with stage(stage.Config(), builders.context(tmp_path)) as opened:
        assert set(opened.context.models.used) == {network.symbol.name, network.params.name}
        assert opened.report()["sha256"] == network.params.sha256
    damaged = tmp_path / within / network.params.name
    damaged.write_bytes(damaged.read_bytes()[:-1])
    with pytest.raises(ModelError, match=f"is not the {network.params.name} that is pinned"):
        stage(stage.Config(), builders.context(tmp_path)).open()


def test_the_sample_picture_has_its_six_people(folder):
    insightface = pytest.importorskip("insightface", reason="InsightFace carries the sample picture t1.jpg")
    picture = read(Path(insightface.__file__).parent / "data" / "images" / "t1.jpg")
    with RetinafaceDetector(RetinafaceDetector.Config(), builders.context(folder.parent)) as detector:
        (found,) = detector.detect([Frame(0, 0.0, picture)])
        (none,) = detector.detect([Frame(0, 0.0, np.full((100, 2000, 3), 128, np.uint8))])
    assert (len(found), len(none)) == (6, 0)
    assert (np.diff((found.boxes[:, 2:] - found.boxes[:, :2]).max(axis=1)) <= 0).all()
    assert found.pose[:, 0].min() < -30  # one looks over the shoulder


def test_a_crop_of_nothing_has_an_embedding_like_any_other(folder):
    with MobilefacenetRecognizer(MobilefacenetRecognizer.Config(), builders.context(folder.parent)) as recognizer:
        black = recognizer.embed(FaceCrops.untracked(np.zeros((2, 112, 112, 3), np.uint8)))
    assert np.isfinite(black).all()
