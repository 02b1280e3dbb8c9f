"""The rows of a video put aside: every bit of them comes back, and what is held does not grow with the video."""

import tempfile
import tracemalloc
from collections import deque
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from slceleb_core.decision.spans import SLIM, FrameRows
from slceleb_core.errors import OutputError
from slceleb_core.run import _row_spool
from slceleb_core.run._row_spool import RowSpool
from slceleb_core.timing import Timings
from slceleb_core.types import Faces

VIDEO = Path("talk.mp4")
ARRAYS = ("tracks", "observations", "similarities", "weights")


def row(index, n, *, pose=True, sharpness=True, observed=(4,), persons=2, seed=0):
    """Return a row of n faces; some of what need not be a number is none."""
    random = np.random.default_rng((seed, index))

    def drawn(*shape):
        values = random.normal(size=shape).astype(np.float32)
        return np.where(random.random(shape) < 0.2, np.float32(np.nan), values)

    boxes = random.uniform(0, 100, (n, 4)).astype(np.float32)
    scores = random.random(n).astype(np.float32)
    faces = Faces(boxes, scores, pose=drawn(n, 3) if pose else None, sharpness=drawn(n) if sharpness else None)
    tracks = random.integers(0, 2**40, n)
    return FrameRows(index, index / 29.97, index // 7, faces, tracks, drawn(n, *observed), drawn(n, persons), drawn(n))


def there_and_back(rows):
    with RowSpool(VIDEO, Timings()) as spool:
        assert list(spool.filling(rows)) == list(rows)
        return list(spool.read())


def assert_same(one, other):
    assert (one.index, one.time, one.shot) == (other.index, other.time, other.shot)
    pairs = [(getattr(one, name), getattr(other, name)) for name in ARRAYS]
    pairs += [(getattr(one.faces, name), getattr(other.faces, name)) for name in SLIM]
    for before, after in pairs:
        if before is None:
            assert after is None
        else:
            assert (before.dtype, before.shape, before.tobytes()) == (after.dtype, after.shape, after.tobytes())


shapes = some.tuples(some.integers(0, 3), some.booleans(), some.booleans(), some.sampled_from([(), (0,), (4,), (2, 3)]))


@settings(max_examples=40)
@given(frames=some.lists(shapes, max_size=30), seed=some.integers(0, 2**16), in_memory=some.sampled_from([1, 2**20]))
def test_every_bit_comes_back(frames, seed, in_memory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_row_spool, "CHUNK_FRAMES", 7)
        patch.setattr(_row_spool, "CHUNK_FACES", 9)
        patch.setattr(_row_spool, "IN_MEMORY", in_memory)
        rows = [
            row(index, n, pose=pose, sharpness=sharp, observed=observed, seed=seed)
            for index, (n, pose, sharp, observed) in enumerate(frames)
        ]
        back = there_and_back(rows)
    assert len(back) == len(rows)
    for one, other in zip(rows, back, strict=True):
        assert_same(one, other)


def test_pictures_come_back_and_take_less_than_they_are(monkeypatch):
    monkeypatch.setattr(_row_spool, "CHUNK_FACES", 40)
    smooth = np.add.outer(np.arange(112), np.arange(112)).astype(np.uint8)
    rows = [replace(row(n, 2), observations=np.stack([smooth + np.uint8(n)] * 2)) for n in range(60)]
    rows[7], rows[31] = (
        replace(rows[7], observations=None),
        replace(rows[31], observations=np.zeros((2, 0), np.float16)),
    )
    with RowSpool(VIDEO, Timings()) as spool:
        assert list(spool.filling(rows)) == list(rows)
        back = list(spool.read())
        taken = spool._file.tell()
    for one, other in zip(rows, back, strict=True):
        assert_same(one, other)
    assert taken < 58 * 2 * smooth.nbytes / 4


def test_a_short_video_touches_no_disk(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a file was made")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    assert len(there_and_back([row(n, 2) for n in range(1500)])) == 1500


def test_what_is_held_does_not_grow_with_the_video(monkeypatch):
    """Of seven times as many rows no more is held: a chunk, and what stays in memory at most."""
    monkeypatch.setattr(_row_spool, "IN_MEMORY", 2**18)

    def peak(length):
        one = row(0, 2)
        rows = (replace(one, index=n, time=n / 25) for n in range(length))
        tracemalloc.start()
        try:
            with RowSpool(VIDEO, Timings()) as spool:
                deque(spool.filling(rows), maxlen=0)
                assert sum(len(found.faces) for found in spool.read()) == 2 * length
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(20_000) <= 1.25 * peak(3_000)


def test_a_temporary_folder_without_room_is_one_line(monkeypatch):
    def full(*_, **__):
        return Path("/dev/full").open("w+b")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    monkeypatch.setattr(_row_spool, "IN_MEMORY", 1)
    with pytest.raises(OutputError) as said:
        there_and_back([row(n, 2) for n in range(2000)])
    assert said.value.message.startswith("talk.mp4: no room for what was seen of it in the temporary folder")
    assert "No space left on device" in said.value.message
    assert "TMPDIR" in said.value.hint
    assert "\n" not in said.value.message
