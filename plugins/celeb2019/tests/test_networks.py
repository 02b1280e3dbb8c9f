"""The networks of 2019 on photos; skipped where they are not at hand."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import pytest

from slceleb_celeb2019.__main__ import main
from slceleb_celeb2019.networks import MOBILEFACENET, NETWORKS, RETINAFACE, rebuilt
from slceleb_celeb2019.retinaface import RetinaFace
from slceleb_core.models.networks import open_session
from slceleb_core.models.providers import CPU, ProviderChoice

CPU_ALONE = ProviderChoice((CPU,), binding=True, threads=1)

ALIKE = 0.231
"""Cosine similarity from which the pipeline of 2019 takes one photo and one face for one person: a distance of 1.24."""

TEMPLATE = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
)
"""ArcFace's five points in 112 by 112 pixels."""


@pytest.fixture(scope="module")
def retinaface(folder):
    return RetinaFace(open_session(rebuilt(RETINAFACE, folder), CPU_ALONE))


@pytest.fixture(scope="module")
def embed(folder):
    """Give a function that embeds aligned faces."""
    session = onnxruntime.InferenceSession(rebuilt(MOBILEFACENET, folder), providers=["CPUExecutionProvider"])

    def run(crops):
        raw = session.run(None, {"data": np.stack(crops).transpose(0, 3, 1, 2).astype(np.float32)})[0]
        return raw / np.linalg.norm(raw, axis=1, keepdims=True)

    return run


@pytest.fixture(scope="module")
def group():
    """InsightFace's sample picture of six people."""
    insightface = pytest.importorskip("insightface", reason="InsightFace carries the sample picture t1.jpg")
    return read(Path(insightface.__file__).parent / "data" / "images" / "t1.jpg")


def read(path):
    return cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)


def aligned(picture, points):
    transform, _ = cv2.estimateAffinePartial2D(points, TEMPLATE, method=cv2.LMEDS)
    return cv2.warpAffine(picture, transform, (112, 112))


def test_all_six_people_of_the_sample_picture_are_found_with_their_points(retinaface, group):
    found = retinaface.find(group)
    assert len(found.boxes) == 6
    assert (found.scores > 0.9).all()
    for box, points in zip(found.boxes, found.points, strict=True):
        assert (points > box[:2]).all()
        assert (points < box[2:]).all()
        assert points[0, 0] < points[1, 0]
        assert points[:2, 1].max() < points[3:, 1].min()


def test_the_mirror_image_gives_the_same_faces(retinaface, group):
    found, mirrored = retinaface.find(group), retinaface.find(np.ascontiguousarray(group[:, ::-1]))
    boxes = mirrored.boxes[:, [2, 1, 0, 3]] * (-1, 1, -1, 1) + (group.shape[1], 0, group.shape[1], 0)
    order, other = np.argsort(found.boxes[:, 0]), np.argsort(boxes[:, 0])
    sizes = (found.boxes[order, 2] - found.boxes[order, 0])[:, None]
    np.testing.assert_array_less(np.abs(found.boxes[order] - boxes[other]) / sizes, 0.15)


def test_a_grey_picture_has_no_face(retinaface):
    assert len(retinaface.find(np.full((480, 640, 3), 128, np.uint8)).boxes) == 0
    assert len(retinaface.find(np.full((1, 1, 3), 128, np.uint8)).boxes) == 0


def test_photos_of_one_person_are_alike_and_those_of_others_are_not(retinaface, embed, media):
    people = {}
    for person in ("p1", "p2", "p3", "p4"):
        crops = []
        for path in sorted((media / "faces" / person).glob("*.jpg"))[::3]:
            picture = read(path)
            found = retinaface.find(picture)
            assert len(found.boxes) >= 1, path.name
            crops.append(aligned(picture, found.points[np.argmax(found.boxes[:, 2] - found.boxes[:, 0])]))
        people[person] = embed(crops)
    same = np.concatenate([(rows @ rows.T)[np.triu_indices(len(rows), 1)] for rows in people.values()])
    others = np.concatenate([(people[a] @ people[b].T).ravel() for a in people for b in people if a < b])
    assert np.mean(same > ALIKE) > 0.85
    assert np.mean(others > ALIKE) < 0.1
    assert same.mean() - others.mean() > 0.4


def test_both_are_written_as_files_and_read_by_others(folder, tmp_path, capsys, group):
    assert main([str(folder), str(tmp_path / "onnx")]) == 0
    written = [tmp_path / "onnx" / network.onnx for network in NETWORKS]
    assert capsys.readouterr().out.split() == [str(path) for path in written]
    assert sorted((tmp_path / "onnx").iterdir()) == sorted(written)
    assert len(RetinaFace(open_session(written[0], CPU_ALONE)).find(group).boxes) == 6
    plugin = pytest.importorskip("slceleb_recognizer_insightface", reason="the recognizer is not installed")
    from slceleb_core.models import ModelStore
    from slceleb_core.stages import StageContext

    context = StageContext(ModelStore(cache=tmp_path), "cpu")
    with plugin.InsightfaceRecognizer(plugin.InsightfaceConfig(model=str(written[1])), context) as recognizer:
        assert recognizer.dim == 128


def test_another_file_and_a_missing_one_are_refused_in_a_line(folder, tmp_path, capsys):
    assert main([str(tmp_path), str(tmp_path / "onnx")]) == 2
    assert "mnet.25-symbol.json: No such file" in capsys.readouterr().err
    for path in folder.iterdir():
        shutil.copyfile(path, tmp_path / path.name)
    damaged = tmp_path / RETINAFACE.params.name
    damaged.write_bytes(damaged.read_bytes()[:-1])
    assert main([str(tmp_path), str(tmp_path / "onnx")]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"error: {damaged} is not the mnet.25-0000.params of 2019: sha256 ")
    assert not (tmp_path / "onnx").exists()
