"""Rules that hold for any numbers."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from slceleb_core.types import Frame
from slceleb_detector_insightface.levels import LEAST_SIDE, Sizes
from slceleb_detector_insightface.scrfd import Finds, one_each

sides = st.integers(1, 300)


@given(width=sides, height=sides, longest=st.integers(64, 400), multiple=st.sampled_from([32, 128]))
@settings(max_examples=60, deadline=None)
def test_a_canvas_fits_the_network_and_holds_all_of_the_picture(width, height, longest, multiple):
    frame = Frame(0, 0.0, np.full((height, width, 3), 255, np.uint8))
    sizes = Sizes(longest, multiple)
    fine = sizes.fine(frame)
    for level in filter(None, (fine, sizes.coarse(frame, fine))):
        assert all(length % multiple == 0 and length > 0 for length in level.canvas.shape[:2])
        across, down = np.array([width, height]) / level.scale
        assert (level.canvas[: round(down), : round(across)] == 255).all()
        assert level.canvas.sum() == 255 * 3 * round(across) * round(down)
        assert max(across, down) <= max(longest, LEAST_SIDE) + 1e-6


def test_boxes_of_one_face_become_one_and_what_is_none_is_left_out():
    boxes = np.array([[0, 0, 10, 10], [1, 1, 11, 11], [50, 50, 60, 60], [5, 5, 5, 9], [-40, 0, -20, 10.0]])
    finds = Finds(boxes, np.array([0.6, 0.9, 0.7, 0.8, 0.9]), np.zeros((5, 5, 2)))
    kept = one_each(finds, 100, 100)
    np.testing.assert_array_equal(kept.boxes, boxes[[1, 2]])
    assert len(one_each(finds[np.array([], dtype=int)], 100, 100)) == 0
