"""Squares of a picture, as a network takes them in."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slceleb_core.media.windows import cut_windows, to_picture


def slope(width, height):
    """Return a picture whose red is x and green is y, in pixels, where the corner is 0."""
    across, down = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    return np.stack([across, down, np.full_like(across, 200)], axis=2)


@settings(max_examples=60, deadline=None)
@given(
    x=st.floats(100, 140),
    y=st.floats(100, 140),
    side=st.floats(20, 140),
    angle=st.floats(-np.pi, np.pi),
    pixels=st.sampled_from([16, 33, 64]),
)
def test_what_is_seen_at_a_place_of_a_window_lies_there_in_the_picture(x, y, side, angle, pixels):
    window = np.array([[x, y, side, angle]])
    (seen,) = cut_windows(np.rint(slope(240, 240)).astype(np.uint8), window, pixels)
    places = (np.array([(0.2, 0.3), (0.5, 0.5), (0.9, 0.4)]) * pixels).astype(int)
    expected = to_picture((places[None] + 0.5) / pixels, window)[0]
    assert seen[places[:, 1], places[:, 0], :2] == pytest.approx(expected, abs=1.6)


def test_a_square_of_its_own_size_is_the_picture_itself():
    picture = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    (seen,) = cut_windows(picture, np.array([[25.0, 20.0, 32.0, 0.0]]), 32)
    assert (seen == picture[4:36, 9:41]).all()


def test_beyond_the_picture_it_is_black():
    picture = np.full((50, 50, 3), 200, dtype=np.uint8)
    corner, outside, nothing = cut_windows(
        picture, np.array([[0.0, 0.0, 64.0, 0.3], [500.0, 500.0, 10.0, 0.0], [-900.0, 20.0, 700.0, 0.0]]), 64
    )
    assert (corner[40:45, 40:45] == 200).all()
    assert (corner[:30, :20] == 0).all()
    assert not outside.any()
    assert not nothing.any()


@pytest.mark.parametrize("side", [150.0, 200.0, 333.0, 900.0])
def test_fine_detail_is_averaged_and_not_skipped(side):
    board = (np.indices((1000, 1000)).sum(axis=0) % 2 * 255).astype(np.uint8)
    picture = np.repeat(board[:, :, None], 3, axis=2)
    (seen,) = cut_windows(picture, np.array([[500.0, 500.0, side, 0.0]]), 64)
    assert seen.std() < 60
    assert seen.mean() == pytest.approx(127.5, abs=3)


def test_windows_are_cut_alike_alone_and_beside_others():
    picture = np.random.default_rng(1).integers(0, 256, (90, 120, 3), dtype=np.uint8)
    windows = np.array([[60.0, 45.0, 50.0, 0.1], [10.0, 80.0, 200.0, -0.5], [100.0, 20.0, 30.0, 2.0]])
    together = cut_windows(picture, windows, 48)
    alone = [cut_windows(picture, windows[n : n + 1], 48)[0] for n in range(3)]
    assert (together == np.stack(alone)).all()
    assert cut_windows(picture, windows[:0], 48).shape == (0, 48, 48, 3)


def test_only_what_is_around_a_square_decides():
    picture = np.random.default_rng(2).integers(0, 256, (300, 300, 3), dtype=np.uint8)
    other = np.zeros_like(picture)
    other[100:200, 100:200] = picture[100:200, 100:200]
    window = np.array([[150.0, 150.0, 60.0, 0.7]])
    assert (cut_windows(picture, window, 32) == cut_windows(other, window, 32)).all()
