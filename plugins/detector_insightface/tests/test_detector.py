"""The detector with InsightFace's networks, where they are at hand."""

from typing import ClassVar

import cv2
import numpy as np
import pytest

from slceleb_core.testing import builders
from slceleb_core.testing.conformance import DetectorConformance
from slceleb_core.types import Frame
from slceleb_detector_insightface import InsightfaceDetector

MODELS = ("det_500m", "scrfd_2.5g", "scrfd_500m")


class TestScrfd(DetectorConformance):
    stage = InsightfaceDetector


class TestScrfdThatLooksClosely(DetectorConformance):
    stage = InsightfaceDetector
    options: ClassVar = {"min_face": 0.015, "max_faces": 20, "min_confidence": 0.3}


def detect(detector, *pictures):
    detector.start(builders.video_info())
    return detector.detect([Frame(n, n / 25, picture) for n, picture in enumerate(pictures)])


def enlarged(picture, width):
    size = (width, round(picture.shape[0] * width / picture.shape[1]))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("width", [320, 1280, 3840])
def test_all_six_people_of_the_sample_picture_are_found(opened, group, model, width):
    (found,) = detect(opened(model=model, max_faces=10), enlarged(group, width))
    assert len(found) == 6
    assert (found.scores >= 0.5).all()


def test_the_five_points_lie_on_the_faces_in_their_order(opened, group):
    (found,) = detect(opened(max_faces=10), group)
    for box, points in zip(found.boxes, found.keypoints5, strict=True):
        assert (points > box[:2]).all()
        assert (points < box[2:]).all()
        left_eye, right_eye, nose, left_corner, right_corner = points
        assert left_eye[0] < right_eye[0]
        assert left_corner[0] < right_corner[0]
        assert (left_eye + right_eye)[1] / 2 < nose[1] < (left_corner + right_corner)[1] / 2


def test_a_face_that_fills_the_picture_is_found_and_so_is_a_small_one(opened, group):
    detector = opened(max_faces=10)
    (found,) = detect(detector, group)
    x0, y0, x1, y1 = found.boxes[0].astype(int)
    close = cv2.resize(group[y0:y1, x0:x1], None, fx=8, fy=8)
    assert len(detect(detector, close)[0]) == 1
    far = np.zeros((group.shape[0] * 2, group.shape[1] * 2, 3), np.uint8)
    far[: group.shape[0], : group.shape[1]] = group  # faces of 130 of 2560 pixels
    assert len(detect(detector, far)[0]) == 6


def test_the_largest_faces_are_kept(opened, group):
    (every,) = detect(opened(max_faces=10), group)
    (found,) = detect(opened(max_faces=2), group)
    np.testing.assert_array_equal(found.boxes, every.boxes[:2])
    sides = (every.boxes[:, 2:] - every.boxes[:, :2]).max(axis=1)
    assert (np.diff(sides) <= 0).all()


def test_who_looks_aside_has_a_yaw(opened, group):
    (found,) = detect(opened(max_faces=10), group)
    (mirrored,) = detect(opened(max_faces=10), group[:, ::-1])
    yaw, other = np.sort(found.pose[:, 0]), np.sort(-mirrored.pose[:, 0])
    assert yaw.min() < -30  # one looks over the shoulder to the picture's left
    np.testing.assert_allclose(yaw, other, atol=15)


def test_threads_change_nothing(context, group):
    from dataclasses import replace

    from slceleb_core.errors import ModelError

    found = []
    for threads in (1, 2):
        detector = InsightfaceDetector(InsightfaceDetector.Config(), replace(context, threads=threads))
        try:
            detector.open()
        except ModelError as error:
            pytest.skip(str(error))
        (faces,) = detect(detector, group)
        detector.close()
        found.append(faces)
    np.testing.assert_array_equal(found[0].boxes, found[1].boxes)
    np.testing.assert_array_equal(found[0].keypoints5, found[1].keypoints5)


def test_it_finds_what_insightface_finds(opened, context, group):
    """Their own program, looking at the same pixels, is the reference."""
    zoo = pytest.importorskip("insightface.model_zoo", reason="InsightFace's own program is the reference")
    from slceleb_detector_insightface.catalog import DET_500M

    detector = opened(max_faces=20, input_size=640)
    theirs = zoo.get_model(str(context.models.locate(DET_500M)), providers=["CPUExecutionProvider"])
    theirs.prepare(-1, input_size=(640, 640), det_thresh=0.5)
    square = cv2.resize(group, (640, 443), interpolation=cv2.INTER_AREA)
    boxes, points = theirs.detect(square[:, :, ::-1])
    order = np.argsort(-(boxes[:, 2:4] - boxes[:, :2]).max(axis=1))
    (found,) = detect(detector, square)
    assert len(found) == len(boxes) == 6
    fine = [row for row in range(6) if np.abs(found.boxes[row] - boxes[order][row, :4]).max() < 1.0]
    assert len(fine) >= 5  # one may be surer from further away
    np.testing.assert_allclose(found.keypoints5[fine], points[order][fine], atol=1.0)
