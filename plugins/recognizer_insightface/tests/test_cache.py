import numpy as np
import pytest

from slceleb_core.testing import builders
from slceleb_core.types import FaceCrops

BOX = [10.0, 10.0, 70.0, 70.0]


def crops(*rows: tuple[int, list[float], float], seed: int = 0) -> FaceCrops:
    """Return crops of (track, box, time), each of other noise, so that a reused embedding shows."""
    images = np.stack([builders.noise_picture(112, 112, seed + n) for n in range(len(rows))])
    tracks, boxes, times = zip(*rows, strict=True)
    return FaceCrops(images, np.array(tracks), np.array(boxes), np.array(times))


@pytest.fixture
def opened(make, small_model):
    def recognizer(**cache):
        stage = make(model=str(small_model), cache=cache)
        stage.open()
        stage.start(builders.video_info())
        return stage

    return recognizer


def reused(vectors: np.ndarray) -> list[int]:
    """Return, for each row, the first row that equals it."""
    return [int(np.argmax((vectors == row).all(axis=1))) for row in vectors]


def test_face_that_has_hardly_moved_reuses_its_tracks_embedding(opened):
    stage = opened(grid=10, max_age=1)
    moved = [edge + 3 for edge in BOX]
    vectors = stage.embed(crops((1, BOX, 0.0), (1, moved, 0.5), (1, [edge + 30 for edge in BOX], 0.6)))
    assert reused(vectors) == [0, 0, 2]
    assert stage.report()["cache"] == {"lookups": 3, "hits": 1, "hit_rate": 1 / 3, "embedded": 2}


def test_face_that_has_grown_is_embedded_anew(opened):
    vectors = opened().embed(crops((1, BOX, 0.0), (1, [0.0, 0.0, 80.0, 80.0], 0.1)))
    assert reused(vectors) == [0, 1]


def test_embedding_is_reused_up_to_its_age_counted_from_when_it_was_made(opened):
    vectors = opened(max_age=1).embed(crops((1, BOX, 0.0), (1, BOX, 0.6), (1, BOX, 1.0), (1, BOX, 1.1), (1, BOX, 2.0)))
    assert reused(vectors) == [0, 0, 0, 3, 3]


def test_other_tracks_and_faces_of_no_track_share_nothing(opened):
    stage = opened()
    vectors = stage.embed(crops((1, BOX, 0.0), (2, BOX, 0.0), (-1, BOX, 0.0), (-1, BOX, 0.0)))
    assert reused(vectors) == [0, 1, 2, 3]
    assert stage.report()["cache"]["lookups"] == 2


def test_box_that_is_not_finite_is_never_reused(opened):
    vectors = opened().embed(crops((1, [np.nan] * 4, 0.0), (1, [np.nan] * 4, 0.0), (1, [0, 0, np.inf, 5], 0.0)))
    assert reused(vectors) == [0, 1, 2]


def test_least_recently_used_entry_goes_first(opened):
    far = [edge + 300 for edge in BOX]
    farther = [edge + 600 for edge in BOX]
    vectors = opened(entries=2).embed(
        crops((1, BOX, 0.0), (1, far, 0.1), (1, BOX, 0.2), (1, farther, 0.3), (1, BOX, 0.4), (1, far, 0.5))
    )
    assert reused(vectors) == [0, 1, 0, 3, 0, 5]


def test_without_entries_nothing_is_kept(opened):
    stage = opened(entries=0)
    assert reused(stage.embed(crops((1, BOX, 0.0), (1, BOX, 0.0)))) == [0, 1]
    assert stage.report()["cache"] == {"lookups": 0, "hits": 0, "hit_rate": 0.0, "embedded": 2}


@pytest.mark.parametrize("step", [1, 2, 3, 7, 40])
@pytest.mark.parametrize("entries", [1, 3, 100])
def test_batches_do_not_change_what_is_reused(opened, entries, step):
    random = np.random.default_rng(1)
    rows = [
        (int(random.integers(-1, 3)), [edge + 40 * int(random.integers(0, 3)) for edge in BOX], n / 25)
        for n in range(40)
    ]
    every = crops(*rows)
    whole = opened(entries=entries, max_age=0.5).embed(every)
    stage = opened(entries=entries, max_age=0.5)
    parts = [
        stage.embed(
            FaceCrops(*(column[n : n + step] for column in (every.images, every.tracks, every.boxes, every.times)))
        )
        for n in range(0, 40, step)
    ]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_new_video_starts_with_nothing_and_counts_from_zero(opened):
    stage = opened()
    first = stage.embed(crops((1, BOX, 0.0)))
    stage.start(builders.video_info())
    assert not np.array_equal(stage.embed(crops((1, BOX, 0.0), seed=9)), first)
    assert stage.report()["cache"] == {"lookups": 1, "hits": 0, "hit_rate": 0.0, "embedded": 1}
