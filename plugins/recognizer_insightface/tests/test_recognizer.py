"""What embeddings are worth, on real faces where the files are at hand."""

import subprocess
import sys
import warnings
from collections import defaultdict

import cv2
import numpy as np
import pytest

from slceleb_core.errors import PluginError
from slceleb_core.perception.alignment import align_faces
from slceleb_core.testing import builders
from slceleb_core.testing.conformance import RecognizerConformance
from slceleb_core.types import FaceCrops
from slceleb_recognizer_insightface import InsightfaceRecognizer, slceleb_recognizers


@pytest.fixture(scope="session")
def found(models, photos) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """Return person, picture (BGR) and five points of the largest face of each photo, found by InsightFace."""
    from insightface import model_zoo

    detector = model_zoo.get_model(str(models / "det_500m.onnx"), providers=["CPUExecutionProvider"])
    detector.prepare(-1, input_size=(640, 640), det_thresh=0.5)
    pictures = [(path.parent.name, cv2.imread(str(path))) for path in photos]
    return [(person, picture, detector.detect(picture, max_num=1)[1][0]) for person, picture in pictures]


@pytest.fixture(scope="session")
def crops_by_person(found) -> dict[str, list[np.ndarray]]:
    people = defaultdict(list)
    for person, picture, points in found:
        people[person].append(align_faces(np.ascontiguousarray(picture[:, :, ::-1]), points[None])[0])
    return people


class TestSface(RecognizerConformance):
    stage = InsightfaceRecognizer

    @pytest.fixture
    def people(self, crops_by_person):
        return crops_by_person


class TestMobileFaceNet(TestSface):
    options = {"model": "mobilefacenet.onnx", "batch_size": 3}  # noqa: RUF012


def test_alignment_is_insightfaces(found):
    from insightface.utils import face_align

    for _, picture, points in found:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # newer scikit-image warns of the call InsightFace makes
            theirs = face_align.norm_crop(picture, points)
        ours = align_faces(picture, points[None])[0]
        assert np.abs(ours.astype(int) - theirs).max() <= 1


def test_sface_agrees_with_opencvs_own_implementation(make, models, crops_by_person):
    crops = np.stack([crop for crops in crops_by_person.values() for crop in crops])
    reference = cv2.FaceRecognizerSF.create(str(models / "face_recognition_sface_2021dec.onnx"), "")
    theirs = np.concatenate([reference.feature(np.ascontiguousarray(crop[:, :, ::-1])) for crop in crops])
    theirs /= np.linalg.norm(theirs, axis=1, keepdims=True)
    with make(folder=models) as stage:
        ours = stage.embed(FaceCrops.untracked(crops))
    assert (ours * theirs).sum(axis=1).min() > 0.999


def test_mobilefacenet_agrees_with_insightfaces_own_call(make, models, crops_by_person):
    from insightface import model_zoo

    crops = np.stack(crops_by_person["obama"])
    reference = model_zoo.get_model(str(models / "mobilefacenet.onnx"), providers=["CPUExecutionProvider"])
    theirs = np.concatenate([reference.get_feat(np.ascontiguousarray(crop[:, :, ::-1])) for crop in crops])
    theirs /= np.linalg.norm(theirs, axis=1, keepdims=True)
    with make(folder=models, model="mobilefacenet.onnx") as stage:
        ours = stage.embed(FaceCrops.untracked(crops))
    assert (ours * theirs).sum(axis=1).min() > 0.999


def test_face_that_could_not_be_aligned_is_taken_for_nobody(make, models, crops_by_person):
    black = FaceCrops.untracked(np.zeros((1, 112, 112, 3), np.uint8))
    crops = np.stack([crop for crops in crops_by_person.values() for crop in crops])
    with make(folder=models) as stage:
        similarity = stage.embed(FaceCrops.untracked(crops)) @ stage.embed(black)[0]
        assert similarity.max() < stage.threshold


def test_default_on_a_cpu_is_bit_for_bit_the_same_in_any_batch(make, models):
    crops = builders.crops(4)
    with make(folder=models) as stage:
        single = [stage.embed(FaceCrops.untracked(crops.images[n : n + 1])) for n in range(4)]
        np.testing.assert_array_equal(stage.embed(crops), np.concatenate(single))


def test_report_names_the_model_its_licence_and_where_the_threshold_is_from(make, models):
    with make(folder=models) as stage:
        report = stage.report()
    assert report["licence"] == "Apache-2.0"
    assert report["sha256"].startswith("0ba9fbfa")
    assert (report["dim"], report["threshold"]) == (128, 0.363)
    assert "OpenCV" in report["threshold_source"]
    assert report["onnxruntime"]
    assert stage.report() == report


def test_embedding_before_opening_is_told_in_one_line(make):
    with pytest.raises(PluginError, match="before it was opened"):
        make().embed(builders.crops(1))


def test_hook_hands_over_the_class():
    assert slceleb_recognizers() == [InsightfaceRecognizer]


def run(code: str) -> subprocess.CompletedProcess[str]:
    """Run Python code in a process of its own."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_importing_the_plugin_is_light():
    heavy = {"insightface", "onnxruntime", "onnx", "skimage", "requests"}
    done = run(f"import sys, slceleb_recognizer_insightface; print({heavy} & set(sys.modules))")
    assert done.stdout.strip() == "set()", done.stderr


def test_using_it_prints_nothing(models):
    code = f"""
from pathlib import Path
from slceleb_core.models import ModelStore
from slceleb_core.stages import StageContext
from slceleb_core.testing import builders
from slceleb_recognizer_insightface import InsightfaceConfig, InsightfaceRecognizer
store = ModelStore(cache=Path("none"), folder=Path({str(models)!r}))
with InsightfaceRecognizer(InsightfaceConfig(), StageContext(store)) as stage:
    stage.embed(builders.crops(2))
"""
    done = run(code)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
