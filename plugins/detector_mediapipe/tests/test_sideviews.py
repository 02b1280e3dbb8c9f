import numpy as np
import pytest

from slceleb_detector_mediapipe.seen import Find
from slceleb_detector_mediapipe.sideviews import from_aside, heading
from slceleb_detector_mediapipe.sightings import unmirrored

BOX = np.array([0.25, 0.25, 0.75, 0.75])
EYES, MOUTH, EARS = [(0.38, 0.42), (0.46, 0.41)], (0.36, 0.64), [(0.44, 0.45), (0.7, 0.46)]


def find(nose, eyes=EYES, mouth=MOUTH):
    return Find(BOX, 0.8, np.array([*eyes, nose, mouth, *EARS]))


@pytest.mark.parametrize(("x", "facing"), [(0.30, -1), (0.35, -1), (0.42, 0), (0.46, 0), (0.55, 1)])
def test_the_nose_tells_where_a_face_looks(x, facing):
    assert heading(find((x, 0.52))) == facing


@pytest.mark.parametrize("height", [0.3, 0.42, 0.5, 0.95])
def test_what_has_not_the_proportions_of_a_face_is_none(height):
    """A mouth above the eyes, beside them, too near, too far."""
    assert heading(find((0.3, 0.5), mouth=(0.36, height))) == 0


def test_a_side_view_is_placed_in_the_picture():
    seen = from_aside(find((0.30, 0.52)).placed(100, 40, 200))
    np.testing.assert_allclose(seen.box, [150, 90, 250, 190])
    np.testing.assert_allclose(seen.five[:3], [(176, 124), (192, 122), (160, 144)])
    np.testing.assert_allclose(seen.five[3:].mean(axis=0), (172, 168))
    assert seen.five[3, 0] < seen.five[4, 0]
    assert (seen.pose == [-90, 0, 0]).all()
    assert np.isnan(seen.points).all()
    assert seen.score == 0.8
    assert not seen.meshed


def test_the_eye_on_the_left_is_the_first_however_they_come():
    crossed = from_aside(find((0.30, 0.52), eyes=EYES[::-1]).placed(0, 0, 100))
    straight = from_aside(find((0.30, 0.52)).placed(0, 0, 100))
    np.testing.assert_allclose(crossed.five, straight.five)


def test_the_mirror_of_a_mirror_image_is_what_it_was():
    seen = find((0.30, 0.52))
    mirrored = unmirrored(seen)
    assert heading(mirrored) == -heading(seen) == 1
    assert mirrored.points[0, 0] < mirrored.points[1, 0], "left stays left"
    np.testing.assert_allclose(unmirrored(mirrored).points, seen.points)
    np.testing.assert_allclose(unmirrored(mirrored).box, seen.box)
