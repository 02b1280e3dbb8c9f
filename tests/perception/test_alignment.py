import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slceleb_core.perception.alignment import align_faces, alignable, aligned, similarity_transforms
from slceleb_core.types import ARCFACE_TEMPLATE as TEMPLATE
from slceleb_core.types import CROP_SIZE, Alignment


def placed(scale: float, degrees: float, shift: complex) -> np.ndarray:
    """Return the template's points as they lie in a picture: scaled, turned, shifted."""
    points = (TEMPLATE @ np.array([1, 1j])) * scale * np.exp(1j * np.deg2rad(degrees)) + shift
    return np.stack([points.real, points.imag], axis=1)


def picture(height: int = 240, width: int = 320) -> np.ndarray:
    """Return a smooth colourful picture, so that a shift of a pixel changes grey levels."""
    y, x = np.mgrid[:height, :width]
    return np.stack([x % 256, (2 * y) % 256, (x + y) % 256], axis=2).astype(np.uint8)


@pytest.mark.parametrize(
    ("scale", "degrees", "shift"), [(1, 0, 0), (3.5, 0, 200 + 90j), (0.3, 40, 5 + 7j), (2, -170, 300)]
)
def test_points_that_are_a_moved_template_land_on_the_template(scale, degrees, shift):
    points = placed(scale, degrees, shift)
    (matrix,) = similarity_transforms(points[None])
    np.testing.assert_allclose(points @ matrix[:, :2].T + matrix[:, 2], TEMPLATE, atol=1e-9)


def test_transform_is_the_least_squares_optimum_for_points_that_fit_no_template():
    points = placed(2, 15, 40 + 30j) + np.random.default_rng(0).normal(0, 4, (5, 2))
    rows = [row for x, y in points for row in ([x, -y, 1, 0], [y, x, 0, 1])]
    (re, im, tx, ty), *_ = np.linalg.lstsq(np.array(rows), TEMPLATE.ravel(), rcond=None)
    (matrix,) = similarity_transforms(points[None])
    np.testing.assert_allclose(matrix, [[re, -im, tx], [im, re, ty]], atol=1e-9)


def test_face_that_lies_on_the_template_is_cut_out_unchanged():
    image = picture()
    (crop,) = align_faces(image, TEMPLATE[None] + [20, 10])
    np.testing.assert_array_equal(crop, image[10 : 10 + CROP_SIZE, 20 : 20 + CROP_SIZE])


def test_what_lies_outside_the_picture_is_black():
    image = np.full((200, 200, 3), 255, np.uint8)
    (crop,) = align_faces(image, TEMPLATE[None] - [50, 0])
    assert (crop[:, :49] == 0).all()
    assert (crop[:, 51:] == 255).all()


def test_arcfaces_template_is_scaled_with_the_size():
    (crop,) = align_faces(picture(), 2 * TEMPLATE[None], Alignment.arcface(224))
    np.testing.assert_array_equal(crop, picture()[:224, :224])


def test_a_template_of_its_own_is_where_the_points_come_to_lie():
    own = np.array([[50.0, 60.0], [110.0, 60.0], [80.0, 95.0], [58.0, 125.0], [102.0, 125.0]])
    (crop,) = align_faces(picture(), own[None] + [31, 17], Alignment(160, own))
    np.testing.assert_array_equal(crop, picture()[17 : 17 + 160, 31 : 31 + 160])


@pytest.mark.parametrize(
    ("size", "template", "said"),
    [
        (0, TEMPLATE, "size is 0"),
        (112, TEMPLATE[:4], r"shape \[4, 2\]"),
        (112, TEMPLATE * np.nan, "not finite"),
        (112, TEMPLATE * [1, 0], "on one line"),
    ],
)
def test_what_is_no_alignment_is_refused(size, template, said):
    with pytest.raises(ValueError, match=said):
        Alignment(size, template)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 17.0, 1e308])
def test_face_without_usable_points_gives_a_black_crop_and_harms_no_other(bad):
    image = picture()
    points = np.stack([TEMPLATE, np.full((5, 2), bad), TEMPLATE + 3])
    crops = align_faces(image, points)
    np.testing.assert_array_equal(alignable(points), [True, False, True])
    assert not crops[1].any()
    np.testing.assert_array_equal(crops[[0, 2]], align_faces(image, points[[0, 2]]))


def test_points_far_outside_the_picture_do_not_crash():
    assert not align_faces(picture(), TEMPLATE[None] + 1e7).any()


def test_no_faces_give_no_crops():
    assert align_faces(picture(), np.zeros((0, 5, 2), np.float32)).shape == (0, CROP_SIZE, CROP_SIZE, 3)


def test_read_only_picture_is_accepted_and_left_alone():
    image = picture()
    image.flags.writeable = False
    before = image.copy()
    align_faces(image, TEMPLATE[None])
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize("shape", [(1, 1, 3), (0, 0, 3), (1, 500, 3)])
def test_tiny_pictures_give_crops(shape):
    assert align_faces(np.zeros(shape, np.uint8), TEMPLATE[None]).shape == (1, CROP_SIZE, CROP_SIZE, 3)


def test_wrong_arrays_are_refused_at_the_door():
    with pytest.raises(ValueError, match="image has shape"):
        align_faces(np.zeros((10, 10), np.uint8), TEMPLATE[None])
    with pytest.raises(ValueError, match="dtype float32"):
        align_faces(np.zeros((10, 10, 3), np.float32), TEMPLATE[None])
    with pytest.raises(ValueError, match="keypoints5 has shape"):
        align_faces(picture(), TEMPLATE)


class Cuts:
    """Pixels of which only parts are asked for."""

    def __init__(self, image: np.ndarray) -> None:
        self.image, self.asked = image, []
        self.size = (image.shape[1], image.shape[0])

    def part(self, x0: int, y0: int, x1: int, y1: int) -> np.ndarray:
        """Return a copy, so that nothing beyond it can be seen."""
        self.asked.append((x0, y0, x1, y1))
        return self.image[y0:y1, x0:x1].copy()


@settings(max_examples=80, deadline=None)
@given(
    scale=st.floats(0.1, 3.0),
    degrees=st.floats(-180, 180),
    x=st.floats(-100, 700),
    y=st.floats(-100, 500),
)
def test_a_crop_is_made_from_what_it_shows_alone(scale, degrees, x, y):
    whole = np.random.default_rng(0).integers(0, 256, (480, 640, 3), dtype=np.uint8)
    image = cv2.GaussianBlur(whole, (0, 0), 2)
    points = placed(scale, degrees, complex(x, y))[None]
    (matrix,), cuts = similarity_transforms(points), Cuts(image)
    expected = cv2.warpAffine(image, matrix, (CROP_SIZE, CROP_SIZE), flags=cv2.INTER_LINEAR, borderValue=0.0)
    (crop,) = aligned(cuts, points)
    assert np.abs(crop.astype(int) - expected).max() <= 2  # 1/32 of a pixel is the least that OpenCV tells apart
    for x0, y0, x1, y1 in cuts.asked:
        assert max(x1 - x0, y1 - y0) <= scale * CROP_SIZE * 1.5 + 12
