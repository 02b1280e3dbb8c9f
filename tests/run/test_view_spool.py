"""What a camera shows, put aside: all of it comes back in order, from memory or from a file that is gone afterwards."""

from pathlib import Path

import numpy as np
import pytest

from slceleb_core.disk.temporaries import PREFIX
from slceleb_core.errors import OutputError
from slceleb_core.run import _view_spool
from slceleb_core.run._view_spool import CHUNK, ViewSpool
from slceleb_core.testing.sightings import look, view_frame


def frames(count):
    return [view_frame(1, n, *(look((1, n % 3), n / count) for _ in range(n % 2))) for n in range(count)]


def same(one, other):
    assert (one.camera, one.index, one.shot, one.time, one.end) == (
        other.camera,
        other.index,
        other.shot,
        other.time,
        other.end,
    )
    for a, b in zip(one.looks, other.looks, strict=True):
        assert (a.track, a.box, a.weight, a.said) == (b.track, b.box, b.weight, b.said)
        np.testing.assert_array_equal(a.similarities, b.similarities)


@pytest.mark.parametrize("memory", [1, 8 * 2**20])
@pytest.mark.parametrize("count", [0, 1, CHUNK, 2 * CHUNK + 5])
def test_all_comes_back_in_order_as_often_as_it_is_read(monkeypatch, memory, count):
    monkeypatch.setattr(_view_spool, "IN_MEMORY", memory)
    wanted = frames(count)
    with ViewSpool(Path("a.mp4")) as spool:
        spool.fill(iter(wanted[: count // 2]))
        spool.fill(iter(wanted[count // 2 :]))
        for _ in range(2):
            found = list(spool.read())
            assert len(found) == count
            for one, other in zip(found, wanted, strict=True):
                same(one, other)


def test_what_is_read_from_two_cameras_at_a_time_does_not_mix(monkeypatch):
    monkeypatch.setattr(_view_spool, "IN_MEMORY", 1)
    with ViewSpool(Path("a.mp4")) as one, ViewSpool(Path("b.mp4")) as other:
        one.fill(frames(600))
        other.fill(frames(600))
        for a, b in zip(one.read(), other.read(), strict=True):
            same(a, b)


def test_no_room_is_one_line_that_names_the_video(monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    with ViewSpool(Path("a.mp4")) as spool:
        monkeypatch.setattr(_view_spool.pickle, "dump", full)
        with pytest.raises(OutputError, match=r"a\.mp4: no room for what was seen of it") as raised:
            spool.fill(frames(3))
    assert raised.value.hint


def test_nothing_is_left_of_it(monkeypatch, tmp_path):
    monkeypatch.setattr(_view_spool, "IN_MEMORY", 1)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(_view_spool.tempfile, "tempdir", None)
    with ViewSpool(Path("a.mp4")) as spool:
        spool.fill(frames(600))
    assert [path for path in tmp_path.iterdir() if path.name.startswith(PREFIX)] == []
