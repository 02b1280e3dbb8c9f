import numpy as np
import pytest

from slceleb_detector_mediapipe.measure import plausible, pose_of, sharpness_of
from slceleb_detector_mediapipe.sightings import Followed, Sighting, near
from slceleb_detector_mediapipe.tiles import FINDABLE, tile_corners, tile_sides
from slceleb_detector_mediapipe.windows import MARGIN, around_mesh, steady, upright


@pytest.mark.parametrize("size", [(1280, 720), (720, 1280), (320, 240), (700, 700), (7680, 4320), (1, 1), (1, 400)])
def test_tiles_of_every_level_cover_the_picture(size):
    width, height = size
    for side in tile_sides(width, height, 0.035):
        covered = np.zeros((min(height, 500), min(width, 500)), dtype=bool)
        scale = max(width, height) / 500 if max(width, height) > 500 else 1.0
        for x, y in tile_corners(width, height, side):
            a, b, c, d = (int(v / scale) for v in (max(y, 0), y + side, max(x, 0), x + side))
            covered[a : b + 1, c : d + 1] = True
        assert covered[: int(height / scale), : int(width / scale)].all()


def test_the_smallest_face_wanted_can_be_found_in_the_smallest_tile():
    sides = tile_sides(1920, 1080, 0.02)
    assert sides[0] == 1920
    assert FINDABLE * sides[-1] <= 0.02 * 1920


def test_the_number_of_tiles_does_not_depend_on_the_resolution():
    def count(width, height):
        return sum(len(list(tile_corners(width, height, s))) for s in tile_sides(width, height, 0.035))

    assert count(7680, 4320) == count(1280, 720) < 50


def test_a_window_stays_while_the_face_moves_a_little_and_follows_when_it_moves_more():
    box = np.array([100.0, 100, 150, 150])
    window = upright(box, MARGIN)
    assert steady(window, upright(box + 5, MARGIN)) is window
    moved = steady(window, upright(box + 20, MARGIN))
    assert tuple(moved) == (145, 145, 75, 0)
    assert steady(window, upright(np.array([90.0, 90, 160, 160]), MARGIN))[2] > window[2]


@pytest.mark.parametrize("about", [0.0, np.pi])
def test_a_window_turns_only_with_a_face_that_tilts_by_more_than_a_nod(about):
    window = np.array([10.0, 10.0, 50.0, about])
    assert steady(window, window + np.array([0, 0, 0, np.radians(9)])) is window
    assert steady(window, window - np.array([0, 0, 0, np.radians(9) + 2 * np.pi])) is window
    assert steady(window, window + np.array([0, 0, 0, np.radians(11)]))[3] == window[3] + np.radians(11)


def test_the_window_around_a_mesh_is_half_as_large_again_and_turned_by_its_eyes():
    from slceleb_core.testing.mesh import face_mesh

    angle = np.radians(25)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    points = face_mesh() * 40.0 @ turn.T + (200.0, 100.0, 0.0)
    x, y, side, turned = around_mesh(points)
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    assert (x, y) == pytest.approx(tuple((low + high) / 2))
    assert side == pytest.approx(1.5 * (high - low).max())
    assert turned == pytest.approx(angle, abs=0.01)


def test_the_pose_of_a_frontal_face_is_zero_and_of_a_turned_one_its_angle():
    turn = np.eye(4)
    assert pose_of(turn) == pytest.approx([0, 0, 0])
    angle = np.radians(30)
    turn[:3, :3] = [[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]]
    assert pose_of(turn) == pytest.approx([30, 0, 0], abs=1e-4)
    assert pose_of(turn * 7.0) == pytest.approx([30, 0, 0], abs=1e-4)


def test_a_flat_picture_has_no_sharpness_and_a_checkerboard_has():
    board = np.indices((112, 112)).sum(axis=0) % 2 * 255
    checks = np.repeat(board[:, :, None], 3, axis=2).astype(np.uint8)
    assert sharpness_of(np.full_like(checks, 90)) == 0
    assert sharpness_of(checks) > 0.95
    assert sharpness_of(checks[:0]) == 0


def test_a_collapsed_mesh_is_no_face():
    from slceleb_core.testing.mesh import face_mesh

    good = face_mesh() * 40.0
    assert plausible(good)
    assert not plausible(np.zeros((478, 3)))
    assert not plausible(np.full((478, 3), np.nan))
    assert not plausible(good * [0.05, 1.0, 1.0])
    assert not plausible(good * [6.0, 1.0, 1.0])


@pytest.mark.parametrize("step", [0.5, 3.0])
def test_a_picture_that_comes_at_once_does_not_hurl_the_face_away(step):
    """Of two pictures one tick of 90 kHz apart the second differs by a tremble, or by a whole picture's movement."""

    def sighting(n):
        box = np.array([100.0, 100, 150, 150]) + step * n
        return Sighting(box, np.zeros((5, 2)), np.zeros(3), np.zeros((478, 3)), np.zeros(52))

    face, time = Followed(upright(sighting(0).box, MARGIN), sighting(0), 0.0, np.zeros(2)), 0.0
    for n, gap in enumerate([0.04, 0.04, 1 / 90_000, 0.08, 0.04], start=1):
        time += gap
        assert near(sighting(n), face.expected(time))
        face.see(face.window, sighting(n), time)
