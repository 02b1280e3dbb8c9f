"""Observations of several stages in one row of bytes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from slceleb_core.perception.fusing.packing import packed, unpacked

TYPES = st.sampled_from([np.uint8, np.float16, np.float32])
SHAPES = st.lists(st.integers(0, 3), max_size=4).map(tuple)


@st.composite
def frames(draw):
    """What some stages observe of a face, frame by frame; and of which frames each is asked."""
    kinds = draw(st.lists(st.tuples(TYPES, SHAPES), min_size=1, max_size=3))
    count = draw(st.integers(1, 4))
    seen = [[draw(arrays.arrays(dtype, (1, *shape))) for dtype, shape in kinds] for _ in range(count)]
    asked = draw(arrays.arrays(np.bool_, (count, len(kinds))))
    return [np.zeros((0, *shape), dtype) for dtype, shape in kinds], seen, asked


@given(frames())
def test_each_stage_gets_back_what_it_observed(drawn):
    kinds, seen, asked = drawn
    rows = np.concatenate(
        [
            packed([part if yes else None for part, yes in zip(parts, of_frame, strict=True)], kinds, 1)
            for parts, of_frame in zip(seen, asked, strict=True)
        ]
    )
    assert rows.dtype == np.uint8
    back = list(unpacked(rows))
    assert len(back) == len(kinds)
    for place, (kind, (of_rows, values)) in enumerate(zip(kinds, back, strict=True)):
        assert (of_rows == asked[:, place]).all()
        expected = [parts[place] for parts, yes in zip(seen, asked[:, place], strict=True) if yes]
        assert values.dtype == kind.dtype
        np.testing.assert_array_equal(values, np.concatenate([kind, *expected]))


def test_no_faces_have_rows_of_the_same_length():
    kind = np.zeros((0, 3), np.float32)
    assert packed([kind, None], [kind, kind], 0).shape == (0, packed([None, None], [kind, kind], 2).shape[1])


def test_too_many_axes_are_an_error():
    kind = np.zeros((1, 1, 1, 1, 1, 1), np.uint8)
    with pytest.raises(ValueError, match="5 axes"):
        packed([kind], [kind], 1)
