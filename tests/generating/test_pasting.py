"""What is pasted lies where the face is, to a pixel; and beside the mask not a pixel changes."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slceleb_core.generating.making import Maker
from slceleb_core.generating.pasting import cut, mask_of, paste, place_of
from slceleb_core.generating.rows import POINTS, FaceRow, averaged
from slceleb_core.stages import Generator, GeneratorConfig
from slceleb_core.testing import builders
from slceleb_core.testing.mesh import FACE_CENTRE, FACE_RADII, face_mesh
from slceleb_core.types import Frame

WIDTH, HEIGHT = 320, 240


def row_of(box, frame=0, track=0):
    """Return a face that fills a box."""
    x0, y0, x1, y1 = box
    flat = (face_mesh()[list(POINTS), :2] - FACE_CENTRE) / FACE_RADII / 2 + 0.5
    return FaceRow(frame, track, np.array(box, float), np.array([x0, y0]) + flat * (x1 - x0, y1 - y0))


def noise(seed=0, width=WIDTH, height=HEIGHT):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def smooth(width=WIDTH, height=HEIGHT):
    y, x = np.mgrid[:height, :width]
    return np.stack([x / width * 255, y / height * 255, (x + y) / (width + height) * 255], axis=-1).astype(np.uint8)


boxes = st.tuples(st.floats(-40, 250), st.floats(-40, 180), st.floats(24, 200), st.floats(24, 200)).map(
    lambda box: (box[0], box[1], box[0] + box[2], box[1] + box[3])
)


@given(box=boxes, seed=st.integers(0, 9))
@settings(max_examples=60)
def test_outside_of_the_mask_not_a_pixel_changes(box, seed):
    place = place_of(row_of(box), (0.0, 0.05, 0.0, 0.0), WIDTH, HEIGHT)
    if place is None:
        return
    image = noise(seed)
    before = image.copy()
    pasted = paste(image, np.full((96, 96, 3), 7, np.uint8), place)
    assert (image == before).all()
    changed = (pasted != image).any(axis=-1)
    lower = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.fillConvexPoly(lower, place.outline + np.int32([place.left, place.top]), 255)
    assert not (changed & (lower == 0)).any()
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    mask[place.top : place.bottom, place.left : place.right] = mask_of(place)
    assert not (changed & (mask == 0)).any()
    assert (pasted[mask == 1] == 7).all()


@given(box=boxes)
@settings(max_examples=60)
def test_a_face_that_comes_back_as_it_was_leaves_the_picture_as_it_was(box):
    place = place_of(row_of(box), (0.0, 0.05, 0.0, 0.0), WIDTH, HEIGHT)
    if place is None:
        return
    image = smooth()
    pasted = paste(image, cut(image, place, 96), place)
    assert np.abs(pasted.astype(int) - image).max() <= 3  # two resamplings, of up to two levels a pixel


@pytest.mark.parametrize("box", [(100, 60, 196, 156), (101, 61, 171, 171), (37, 20, 237, 220), (40, 30, 88, 96)])
@pytest.mark.parametrize("where", [(0.5, 0.75), (0.4, 0.8), (0.62, 0.7)])
def test_a_dot_lies_where_it_was_painted_on_the_square(box, where):
    """Its middle is compared with the same share of the box, in pixels."""
    place = place_of(row_of(box), (0.0, 0.0, 0.0, 0.0), WIDTH, HEIGHT)
    square = np.zeros((96, 96, 3), np.float32)
    y, x = np.mgrid[:96, :96] + 0.5
    square += 255 * np.exp(-((x - 96 * where[0]) ** 2 + (y - 96 * where[1]) ** 2) / 18)[..., None]
    pasted = paste(np.zeros((HEIGHT, WIDTH, 3), np.uint8), square.astype(np.uint8), place).astype(float)[..., 0]
    y, x = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    found = np.array([(pasted * x).sum(), (pasted * y).sum()]) / pasted.sum()
    wanted = np.array(box[:2]) + np.array(where) * (box[2] - box[0], box[3] - box[1])
    assert np.abs(found - wanted).max() < 0.5, (found, wanted)


def test_the_edge_is_soft():
    place = place_of(row_of((60, 20, 260, 220)), (0.0, 0.0, 0.0, 0.0), WIDTH, HEIGHT)
    mask = mask_of(place)
    assert mask.max() == 1.0
    assert max(mask[[0, -1]].max(), mask[:, [0, -1]].max()) < 0.1  # a step of the edge, where the chin touches the box
    steps = np.abs(np.diff(mask, axis=0)).max(), np.abs(np.diff(mask, axis=1)).max()
    assert max(steps) < 0.25  # six pixels wide, and steeper where it bends
    assert (mask[: len(mask) // 3] == 0).all()  # eyes and brow


def test_pads_reach_beyond_the_box_and_never_beyond_the_picture():
    place = place_of(row_of((100, 60, 200, 160)), (0.1, 0.2, 0.05, 0.0), WIDTH, HEIGHT)
    assert (place.left, place.top, place.right, place.bottom) == (95, 50, 200, 180)
    place = place_of(row_of((-50, 60, 200, 250)), (0.0, 0.5, 0.0, 0.0), WIDTH, HEIGHT)
    assert (place.left, place.right, place.bottom) == (0, 200, HEIGHT)


@pytest.mark.parametrize("box", [(10, 10, 22, 22), (330, 10, 400, 90), (-90, 10, -5, 90)])
def test_a_face_that_is_too_small_or_out_of_the_picture_is_left(box):
    assert place_of(row_of(box), (0.0, 0.0, 0.0, 0.0), WIDTH, HEIGHT) is None


def test_a_face_whose_lower_part_is_not_seen_is_left():
    row = row_of((100, 60, 200, 160))
    unseen = FaceRow(row.frame, row.track, row.box, np.full_like(row.points, np.nan))
    assert place_of(unseen, (0.0, 0.0, 0.0, 0.0), WIDTH, HEIGHT) is None


def shifts(rows):
    return [float(row.box[0]) for row in averaged(rows)]


def test_boxes_are_averaged_over_five_frames_of_a_track():
    rows = [row_of((n * n, 0, n * n + 50, 50), frame=n) for n in range(7)]
    assert shifts(rows) == [np.mean([m * m for m in range(7) if abs(m - n) <= 2]) for n in range(7)]


def test_boxes_are_not_averaged_over_a_cut_or_a_gap():
    cut_at = [row_of((100.0 * (n >= 4), 0, 150, 50), frame=n, track=n >= 4) for n in range(8)]
    assert shifts(cut_at) == [0.0] * 4 + [100.0] * 4
    gap = [row_of((float(n), 0, 150, 50), frame=n) for n in (0, 1, 50, 51)]
    assert shifts(gap) == [0.5, 0.5, 50.5, 50.5]


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 2), st.floats(-1e4, 1e4)), max_size=40))
def test_averaging_keeps_every_row_in_order(steps):
    frames = np.cumsum([step for step, _, _ in steps])
    given_rows = [
        row_of((x, 0, x + 50, 50), frame=int(frame), track=track)
        for frame, (_, track, x) in zip(frames, steps, strict=True)
    ]
    made = list(averaged(given_rows))
    assert [(row.frame, row.track) for row in made] == [(row.frame, row.track) for row in given_rows]
    for row in made:
        near = [r.box[0] for r in given_rows if r.track == row.track and abs(r.frame - row.frame) <= 2]
        assert row.box[0] == pytest.approx(np.mean(near))


class Sevens(Generator):
    """Gives squares of one grey, and notes what it was asked."""

    name, Config, face_pixels = "sevens", GeneratorConfig, 32
    asked = ()

    def start(self, sound):
        self.asked = ()

    def generate(self, faces, times):
        self.asked = (*self.asked, *times)
        return np.full_like(faces, 7)


def test_frames_without_the_face_are_handed_on_as_they_are():
    frames = [Frame(n, 10.0 + n / 25, noise(n)) for n in range(40)]
    rows = [row_of((60, 20, 160, 120), frame=n) for n in (3, 4, 30)]
    maker = Maker(Sevens(GeneratorConfig(), builders.context()), lead=-10.0)
    made = list(maker.pictures(frames, iter(rows)))
    assert [time for time, _ in made] == [frame.time for frame in frames]
    same = [
        n for n, (frame, (_, picture)) in enumerate(zip(frames, made, strict=True)) if (frame.image == picture).all()
    ]
    assert set(range(40)) - set(same) == {3, 4, 30}
    assert maker.generator.asked == pytest.approx([3 / 25, 4 / 25, 30 / 25])
    assert (maker.made.frames, maker.made.changed, maker.made.unseen) == (40, 3, 0)
