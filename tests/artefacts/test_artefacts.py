"""The store of intermediate results: what is written comes back bit for bit, or not at all."""

import errno
import os
import random
import time

import numpy as np
import pytest

from slceleb_core.artefacts import ArtefactStore, store
from slceleb_core.artefacts.archive import CHUNK_ITEMS
from slceleb_core.artefacts.packing import squeezed, unsqueezed
from slceleb_core.artefacts.rows import faces_of, score_columns, scores_of
from slceleb_core.errors import OutputError
from slceleb_core.jobs import Redo
from slceleb_core.types import FACE_COLUMNS, PLACE_COLUMNS, Faces, Scores

SPECIAL = np.array([[0.0, -0.0, np.nan, np.inf], [-np.inf, 1e-45, 3.4e38, np.pi]], np.float32)


def write(kept, items, kind="faces", key="ab12", facts=None):
    with kept.record(kind, key) as recording:
        for number, (rows, columns) in enumerate(items):
            recording.add(rows, columns, index=number, time=number / 3)
        recording.commit(facts or {})


def write_all(recording, items):
    with recording:
        for _ in range(items):
            recording.add(1, {"a": np.zeros((1, 9))})
        recording.commit({"long": "x" * 5000})


def contents(kept, kind="faces", key="ab12"):
    reader = kept.read(kind, key)
    if reader is None:
        return None
    with reader:
        return [
            (item.rows, dict(item.numbers), {n: (v.dtype.str, v.shape, v.tobytes()) for n, v in item.columns.items()})
            for item in reader.items()
        ]


def bits(array):
    return (array.dtype.str, array.shape, array.tobytes())


@pytest.mark.parametrize("kind", ["faces", "meshes"])
def test_what_is_written_comes_back_bit_for_bit(tmp_path, kind):
    generator = np.random.default_rng(1)
    rows = [int(n) for n in generator.integers(0, 4, 3 * CHUNK_ITEMS)]
    items = [(n, {"a": generator.random((n, 5, 3), np.float32), "b": np.arange(n)}) for n in rows]
    items[7] = (
        2,
        {"a": np.stack([SPECIAL.ravel()[:15] if SPECIAL.size > 15 else np.resize(SPECIAL, 15)] * 2).reshape(2, 5, 3)},
    )
    kept = ArtefactStore(tmp_path)
    write(kept, items, kind, facts={"what": ["ever", 1.5, None]})
    found = contents(kept, kind)
    assert [item[0] for item in found] == [n for n, _ in items]
    assert [item[1] for item in found] == [{"index": n, "time": n / 3} for n in range(len(items))]
    for (n, columns), (_, _, got) in zip(items, found, strict=True):
        assert set(got) == set(columns)
        assert not n or got == {name: bits(values) for name, values in columns.items()}
    with kept.read(kind, "ab12") as reader:
        assert reader.facts == {"what": ["ever", 1.5, None]}


def test_squeezing_loses_nothing():
    for values in (
        SPECIAL,
        np.zeros((0, 3), np.float32),
        np.arange(24, dtype=np.int64).reshape(4, 3, 2),
        SPECIAL[:, :0],
        np.array([[0.5, -0.0, np.nan], [np.inf, 6e-8, 65504.0]], np.float16),
        np.random.default_rng(0).integers(0, 256, (5, 9, 7), np.uint8),
        np.arange(12, dtype=np.uint8).reshape(3, 4),
        np.zeros((0, 9, 7), np.uint8),
        np.zeros((2, 9, 0), np.uint8),
    ):
        back = unsqueezed(squeezed(values))
        assert (bits(back), back.dtype, back.shape) == (bits(values), values.dtype, values.shape)


def test_pictures_take_less_than_they_are(tmp_path):
    """Grey pictures of 112 by 112 pixels, smooth and a little noisy, as faces are."""
    random = np.random.default_rng(0)
    smooth = 128 + 90 * np.outer(np.sin(np.arange(112) / 20), np.cos(np.arange(112) / 25))
    pictures = (smooth + random.normal(0.0, 1.5, (200, 112, 112))).astype(np.uint8)
    kept = ArtefactStore(tmp_path)
    write(kept, [(1, {"rows": picture[None]}) for picture in pictures], "observations")
    assert kept.path("observations", "ab12").stat().st_size < 0.55 * pictures.nbytes
    found = [item[2]["rows"] for item in contents(kept, "observations")]
    assert found == [bits(picture[None]) for picture in pictures]


def test_faces_come_back_with_the_columns_that_they_had():
    full = Faces.empty()
    for rows in (0, 2):
        values = {name: SPECIAL[np.isfinite(SPECIAL)] if name in PLACE_COLUMNS else SPECIAL for name in FACE_COLUMNS}
        whole = {name: np.resize(values[name], (rows, *getattr(full, name).shape[1:])) for name in FACE_COLUMNS}
        for names in (FACE_COLUMNS, ("boxes", "scores"), ("boxes", "scores", "pose")):
            faces = Faces(**{name: whole[name] for name in names})
            again = faces_of({name: getattr(faces, name) for name in names}, rows)
            for name in FACE_COLUMNS:
                before, after = getattr(faces, name), getattr(again, name)
                assert (before is None) == (after is None)
                assert before is None or bits(before) == bits(after)


def test_scores_come_back_as_they_were():
    speaking = np.array([0.1, 0.9], np.float32)
    for lag in (None, np.array([np.nan, 0.2], np.float32)):
        for diagnostics in ({}, {"diagnostics.r/x": speaking, "": speaking}):
            again = scores_of(score_columns(Scores(speaking, lag=lag, diagnostics=diagnostics)))
            assert bits(again.speaking) == bits(speaking)
            assert again.lag is None if lag is None else bits(again.lag) == bits(lag)
            assert set(again.diagnostics) == set(diagnostics)


def test_what_is_not_committed_comes_to_nothing(tmp_path):
    kept = ArtefactStore(tmp_path)
    with kept.record("faces", "ab12") as recording:
        recording.add(1, {"a": np.zeros((1, 2))})
    assert contents(kept) is None
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_the_last_to_finish_is_kept_and_the_others_do_no_harm(tmp_path):
    one, other = ArtefactStore(tmp_path), ArtefactStore(tmp_path)
    first, second = one.record("faces", "ab12"), other.record("faces", "ab12")
    first.add(1, {"a": np.ones((1, 1))})
    second.add(1, {"a": np.zeros((1, 1))})
    first.commit({"who": 1})
    with one.read("faces", "ab12") as reading:
        second.commit({"who": 2})
        assert reading.facts == {"who": 1}
        assert [item.columns["a"].item() for item in reading.items()] == [1.0]
    with one.read("faces", "ab12") as reading:
        assert reading.facts == {"who": 2}


def test_whatever_is_damaged_is_missing_and_said_so(tmp_path, caplog):
    kept = ArtefactStore(tmp_path)
    write(kept, [(2, {"a": np.arange(6.0).reshape(2, 3)})] * 5, facts={"x": 1})
    path, whole = kept.path("faces", "ab12"), contents(kept)
    content, chance = path.read_bytes(), random.Random(4)
    missing = 0
    for _ in range(600):
        broken = bytearray(content)
        if chance.random() < 0.3:
            broken = broken[: chance.randrange(len(broken))]
        for _ in range(chance.choice([0, 1, 8])):
            if broken:
                broken[chance.randrange(len(broken))] = chance.randrange(256)
        path.write_bytes(broken)
        found = contents(kept)
        assert found in (None, whole)
        missing += found is None
    assert missing > 300
    assert "made anew" in caplog.text


def test_a_kind_that_is_not_kept_is_neither_written_nor_read(tmp_path):
    write(ArtefactStore(tmp_path), [(1, {"a": np.zeros(1)})], "meshes")
    lean = ArtefactStore(tmp_path, kinds={"faces"})
    assert lean.record("meshes", "ab12") is None
    assert lean.read("meshes", "ab12") is None
    assert lean.record("faces", "ab12") is not None


@pytest.mark.parametrize("at", ["add", "commit"])
def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path, monkeypatch, at):
    kept = ArtefactStore(tmp_path)
    recording = kept.record("faces", "ab12")
    stream, space = recording._stream, 3000 if at == "commit" else 300

    class Full:
        def __getattr__(self, name):
            return getattr(stream, name)

        def write(self, content):
            if stream.tell() + len(content) > space:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return stream.write(content)

    recording._writer._zip.fp = Full()
    with pytest.raises(OutputError, match="No space left"):
        write_all(recording, CHUNK_ITEMS if at == "add" else 20)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_what_killed_processes_left_is_swept_and_what_others_write_is_not(tmp_path):
    kept = ArtefactStore(tmp_path)
    old, new = kept.aside(), kept.aside()
    for path in (old, new):
        path.write_bytes(b"x")
    before = time.time() - 2 * store.FORGOTTEN
    os.utime(old, (before, before))
    ArtefactStore(tmp_path)
    assert not old.exists()
    assert new.exists()


def test_nor_is_what_has_been_written_for_days_without_a_word(tmp_path):
    """As the scores of a long video in which nobody is seen to speak."""
    kept = ArtefactStore(tmp_path)
    with kept.record("scores", "a" * 32) as recording:
        (aside,) = (tmp_path / store.PARTIAL).iterdir()
        before = time.time() - 2 * store.FORGOTTEN
        os.utime(aside, (before, before))
        ArtefactStore(tmp_path)
        write_all(recording, 3)
    with kept.read("scores", "a" * 32) as reader:
        assert len(list(reader.items())) == 3


def test_what_is_redone_is_used_once_it_was_made_since(tmp_path):
    first, again = (ArtefactStore(tmp_path, redo=Redo("speaker", token)) for token in "12")
    items = [(1, {"a": np.zeros(1)})]
    for kind in ("faces", "scores"):
        write(ArtefactStore(tmp_path), items, kind)
    assert contents(first, "faces") is not None
    assert contents(first, "scores") is None
    write(first, items, "scores")
    assert contents(first, "scores") is not None
    assert contents(ArtefactStore(tmp_path), "scores") is not None
    assert contents(again, "scores") is None
