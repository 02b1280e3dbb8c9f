import numpy as np
import pytest

from slceleb_core.perception.quality import FLOOR, quality
from slceleb_core.testing.builders import faces

LARGE = np.array([[0, 0, 112, 112]] * 2)


def weights(**columns):
    return quality(faces(2, **{"boxes": LARGE, "sharpness": np.ones(2), **columns}))


def test_a_large_sharp_face_that_looks_into_the_camera_counts_in_full():
    np.testing.assert_allclose(weights(), 1.0)


def test_a_term_that_the_detector_does_not_know_costs_nothing():
    np.testing.assert_allclose(weights(pose=None, sharpness=None), 1.0)


def test_a_turned_face_counts_less_and_never_nothing():
    half, worst = weights(pose=np.array([[30.0, 0, 0], [90.0, 0, 0]]))
    assert half == pytest.approx(np.cos(np.pi / 4))
    assert worst == pytest.approx(FLOOR)


@pytest.mark.parametrize("unknown", [np.nan, np.inf, -np.inf])
def test_a_face_of_which_the_detector_knows_a_term_for_the_others_alone_counts_nothing(unknown):
    for angles in ([unknown, 0, 0], [0, unknown, 0]):
        assert list(weights(pose=np.array([[0.0, 0, 0], angles]))) == [1.0, 0.0]
    assert list(weights(sharpness=np.array([1.0, unknown]))) == [1.0, 0.0]
