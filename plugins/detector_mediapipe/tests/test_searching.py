"""When a picture is searched, where, and what is left alone."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slceleb_core.types import Frame
from slceleb_detector_mediapipe.refusals import FIRST, LONGEST, Refusals
from slceleb_detector_mediapipe.schedule import HURRY, PATIENT, Schedule
from slceleb_detector_mediapipe.search import COARSE, TileSearch, coarse
from slceleb_detector_mediapipe.seen import Find
from slceleb_detector_mediapipe.tiles import tile_sides

STEP = 0.04
BOX = np.array([100.0, 100.0, 150.0, 150.0])


def searches(schedule, seconds, calm):
    """Return when all faces are searched for, and when the large ones, where frames come every 40 ms."""
    done = {"all": [], "large": []}
    for n in range(round(seconds / STEP)):
        due = schedule.due(n * STEP, calm=calm)
        if due is not None:
            done[due].append(round(n * STEP, 2))
            schedule.searched(n * STEP, due, calm=calm)
    return done


def test_a_shot_begins_with_a_search_for_all():
    for calm in (False, True):
        assert Schedule(1.0).due(3.0, calm=calm) == "all"


def test_while_all_are_seen_it_is_searched_once_an_interval():
    assert searches(Schedule(1.0), 3.5, calm=True) == {"all": [0.0, 1.0, 2.0, 3.0], "large": []}


def test_in_vain_it_is_searched_after_twice_as_long_each_time_and_for_large_faces_in_between():
    done = searches(Schedule(2.0), 8.0, calm=False)
    waits = np.diff(done["all"])
    assert waits == pytest.approx([2 * HURRY, 4 * HURRY, 8 * HURRY, 2.0, 2.0], abs=1.01 * STEP)
    both = np.sort(done["all"] + done["large"])
    assert np.diff(both).max() <= PATIENT + 1.01 * STEP


@given(st.floats(0.0, 10.0), st.booleans())
def test_nothing_is_waited_for_longer_than_the_interval(interval, calm):
    schedule = Schedule(interval)
    schedule.searched(0.0, "all", calm=calm)
    assert schedule.due(interval, calm=calm) == "all"


def test_with_an_interval_of_none_every_frame_is_searched():
    assert len(searches(Schedule(0.0), 1.0, calm=True)["all"]) == 25
    assert len(searches(Schedule(0.0), 1.0, calm=False)["all"]) == 25


def test_who_was_lost_is_searched_for_soon():
    schedule = Schedule(10.0)
    for time in (0.0, 10.0, 20.0):
        schedule.searched(time, "all", calm=False)
    assert schedule.due(20.0 + HURRY + STEP, calm=False) != "all"
    schedule.lose()
    assert schedule.due(20.0 + HURRY + STEP, calm=False) == "all"


def test_a_place_is_left_alone_for_twice_as_long_each_time():
    refusals, time, waits = Refusals(), 0.0, []
    for _ in range(6):
        refusals.refuse(BOX, time)
        wait = next(wait for wait in np.arange(1, 1000) / 100 if not refusals.holds(BOX, time + wait))
        waits.append(wait)
        time += wait
    assert waits == pytest.approx([FIRST, 2 * FIRST, 4 * FIRST, 8 * FIRST, LONGEST, LONGEST], abs=0.011)


def test_only_that_place_is_left_alone_and_a_little_beside_it():
    refusals = Refusals()
    refusals.refuse(BOX, 0.0)
    assert refusals.holds(BOX + 5, 0.1)
    assert not refusals.holds(BOX + 40, 0.1)
    assert not refusals.holds(BOX * 3, 0.1)


def test_another_shot_has_no_refusals():
    refusals = Refusals()
    refusals.refuse(BOX, 0.0)
    refusals.forget()
    assert not refusals.holds(BOX, 0.0)
    refusals.refuse(BOX, 0.0)
    assert not refusals.holds(BOX, FIRST), "the first refusal counts as a first one again"


class WhiteFinder:
    """Finds white squares that lie within the tile and fill an eighth of it."""

    def find(self, picture):
        white = (picture.min(axis=2) > 200).astype(np.uint8)
        _, _, parts, _ = cv2.connectedComponentsWithStats(white)
        return [
            Find(np.array([x, y, x + width, y + height]) / len(picture), 0.9, np.zeros((6, 2)))
            for x, y, width, height, _ in parts[1:]
            if width >= len(picture) / 8 and 0.9 < width / height < 1.1
        ]

    def close(self):
        pass


def picture(*squares):
    made = np.zeros((720, 1280, 3), dtype=np.uint8)
    for x, y, side in squares:
        made[y : y + side, x : x + side] = 255
    return Frame(0, 0.0, made)


def found(search, frame, fine=True, followed=()):
    boxes = [np.array(box) for box in followed]
    return [np.round(box).astype(int).tolist() for box in search.candidates(frame, boxes, fine=fine)]


def test_each_face_is_found_once_at_its_place_the_largest_first():
    boxes = found(TileSearch(WhiteFinder(), 0.035), picture((100, 500, 60), (800, 100, 240)))
    assert len(boxes) == 2
    assert boxes[0] == pytest.approx([800, 100, 1040, 340], abs=25)
    assert boxes[1] == pytest.approx([100, 500, 160, 560], abs=10)


def test_small_faces_are_found_by_the_fine_search_only():
    search, frame = TileSearch(WhiteFinder(), 0.035), picture((100, 500, 50))
    assert found(search, frame, fine=False) == []
    assert len(found(search, frame)) == 1


def test_a_tile_that_has_not_changed_is_not_looked_at_again():
    search = TileSearch(WhiteFinder(), 0.035)
    first = found(search, picture((100, 500, 60)))
    whole = search.looks
    assert found(search, picture((100, 500, 60))) == first
    assert search.looks == whole
    assert len(found(search, picture((100, 500, 60), (1100, 40, 60)))) == 2
    assert whole < search.looks < 1.5 * whole, "only tiles with the newcomer"


def test_a_tile_in_which_a_known_face_moves_is_not_looked_at_again_until_another_comes():
    search = TileSearch(WhiteFinder(), 0.035)
    found(search, picture((600, 300, 200)))
    whole = search.looks
    moved = (600, 300, 800, 500)
    grey = picture((600, 300, 200)).image.copy()
    grey[320:480, 620:780] = 120  # its mouth opens
    found(search, Frame(1, 1.0, grey), followed=[moved])
    assert search.looks == whole
    beside = grey.copy()
    beside[300:360, 850:910] = 255
    assert [850, 300, 910, 360] in [
        pytest.approx(box, abs=10) for box in found(search, Frame(2, 2.0, beside), followed=[moved])
    ]
    looks = search.looks
    assert looks > whole
    gone = np.zeros_like(grey)
    found(search, Frame(3, 3.0, gone), followed=[])
    assert search.looks > looks, "where a face was that is not followed any more, somebody else may be"


def test_another_shot_is_looked_at_as_a_whole():
    search = TileSearch(WhiteFinder(), 0.035)
    found(search, picture())
    whole = search.looks
    search.forget()
    found(search, picture())
    assert search.looks == 2 * whole


@pytest.mark.parametrize("size", [(1280, 720), (720, 1280), (400, 1), (1, 1), (7680, 4320)])
def test_large_faces_are_searched_for_in_few_tiles(size):
    sides = tile_sides(*size, 0.01)
    kept = coarse(*size, sides)
    assert kept == sides[: len(kept)]
    search = TileSearch(WhiteFinder(), 0.01)
    search.candidates(Frame(0, 0.0, np.zeros((size[1], size[0], 3), dtype=np.uint8)), (), fine=False)
    assert 1 <= search.looks <= COARSE
