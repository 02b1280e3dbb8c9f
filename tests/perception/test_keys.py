"""Key frames: which they are, whatever the rate, the cuts and the size."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from slceleb_core.perception.keys import HELD_PIXELS, KeyFrames
from slceleb_core.types import Frame


class Pixels:
    """A picture of a size, and of nothing else."""

    def __init__(self, size):
        self.size = size


def frames_of(times, shots=None, size=(64, 36)):
    shots = itertools.repeat(0) if shots is None else shots
    return [Frame(i, t, shot=s, pixels=Pixels(size)) for i, (t, s) in enumerate(zip(times, shots, strict=False))]


def stretches_of(frames, longest=0.2):
    return list(KeyFrames(longest).stretches(frames))


@given(
    steps=st.lists(st.floats(0.001, 0.3), min_size=1, max_size=60),
    cuts=st.lists(st.booleans(), min_size=60, max_size=60),
    longest=st.floats(0.0, 0.5),
)
def test_every_frame_comes_once_in_order_and_keys_are_near(steps, cuts, longest):
    frames = frames_of(np.cumsum(steps), np.cumsum(cuts))
    found = stretches_of(frames, longest)
    assert [frame for stretch in found for frame in stretch.frames] == frames
    keys = [stretch.key for stretch in found]
    for shot in {frame.shot for frame in frames}:
        own = [frame for frame in frames if frame.shot == shot]
        assert own[0] in keys
        assert own[-1] in keys
    for stretch in found:
        assert {frame.shot for frame in stretch.frames} == {stretch.key.shot}
        assert stretch.opens == (stretch.key.index == 0 or frames[stretch.key.index - 1].shot != stretch.key.shot)
    for before, after in itertools.pairwise(keys):
        between = [f for f in frames if before.index < f.index < after.index]
        assert all(frame.time - before.time < longest for frame in between)


def test_no_more_is_held_than_fits():
    size = (3840, 2160)
    found = stretches_of(frames_of(np.arange(60) / 60, size=size))
    assert max(len(stretch.frames) for stretch in found) * size[0] * size[1] <= HELD_PIXELS


def test_keys_come_nearer_where_faces_move_and_apart_again():
    keys = KeyFrames(0.24)
    lengths = []
    for stretch in keys.stretches(frames_of(np.arange(200) / 25)):
        keys.learn(0.5 if stretch.key.time < 4 else 0.0, idle=False)
        lengths.append(len(stretch.frames))
    assert 2 in lengths
    assert lengths[-2] == 6


def test_keys_are_further_apart_where_no_lips_matter():
    keys = KeyFrames(0.2)
    lengths = []
    for stretch in keys.stretches(frames_of(np.arange(200) / 25)):
        keys.learn(0.0, idle=stretch.key.time < 4)
        lengths.append(len(stretch.frames))
    assert lengths[5] == 10
    assert lengths[-2] == 5
