import numpy as np

from slceleb_core.perception.tracking import Tracker, TrackingConfig, intersection_over_union
from slceleb_core.testing.builders import faces, frame


def at(*lefts, top=10.0, size=40.0):
    """Return faces whose boxes begin at these x."""
    boxes = np.array([[x, top, x + size, top + size] for x in lefts]).reshape(-1, 4)
    return (
        faces(len(lefts), boxes=boxes, keypoints5=np.stack([_points(x, top, size) for x in lefts]))
        if lefts
        else faces(0)
    )


def _points(x, top, size):
    return np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]]) * size + [x, top]


def link(tracker, found, n, *, fps=25.0, shot=0):
    return tracker.link(frame(index=n, time=n / fps, shot=shot), found).tolist()


def test_a_face_that_moves_a_little_stays_one_track():
    tracker = Tracker(TrackingConfig())
    assert {tuple(link(tracker, at(10 + 3 * n), n)) for n in range(20)} == {(0,)}


def test_faces_that_change_places_in_the_list_keep_their_tracks():
    tracker = Tracker(TrackingConfig())
    assert link(tracker, at(10, 100), 0) == [0, 1]
    assert link(tracker, at(101, 11), 1) == [1, 0]


def test_a_cut_ends_every_track_even_where_a_face_stays_in_place():
    tracker = Tracker(TrackingConfig())
    assert link(tracker, at(10), 0) == [0]
    assert link(tracker, at(10), 1, shot=1) == [1]


def test_a_short_gap_is_bridged_and_a_long_one_is_not():
    tracker = Tracker(TrackingConfig(max_gap=0.4))
    assert link(tracker, at(10), 0) == [0]
    assert link(tracker, at(10), 10) == [0]
    assert link(tracker, at(10), 21) == [1]


def test_a_moving_face_is_found_again_after_a_gap():
    tracker = Tracker(TrackingConfig(max_gap=0.5))
    for n in range(10):
        link(tracker, at(10 + 8 * n), n)
    assert link(tracker, at(10 + 8 * 13), 13) == [0]


def test_another_face_elsewhere_is_another_track():
    tracker = Tracker(TrackingConfig())
    assert link(tracker, at(10), 0) == [0]
    assert link(tracker, at(200), 1) == [1]


def test_a_face_of_another_size_at_the_same_place_is_another_track():
    tracker = Tracker(TrackingConfig())
    assert link(tracker, at(10), 0) == [0]
    assert link(tracker, at(10, size=80.0), 1) == [1]


def test_a_face_whose_points_lie_otherwise_is_another_track():
    tracker = Tracker(TrackingConfig(max_shift=0.3))
    assert link(tracker, at(10), 0) == [0]
    turned = at(10)
    upside_down = faces(1, boxes=turned.boxes, keypoints5=turned.keypoints5[:, ::-1] + [[[20.0, 0.0]]])
    assert link(tracker, upside_down, 1) == [1]


def test_the_best_assignment_is_taken_not_the_first():
    tracker = Tracker(TrackingConfig(min_overlap=0.1))
    assert link(tracker, at(10, 40), 0) == [0, 1]
    assert link(tracker, at(28, 58), 1) == [0, 1]


def test_no_face_is_no_track():
    assert link(Tracker(TrackingConfig()), at(), 0) == []


def test_overlap_of_boxes():
    a, b = np.array([0.0, 0, 10, 10]), np.array([5.0, 0, 15, 10])
    assert intersection_over_union(a, b) == 1 / 3
    assert intersection_over_union(a, b + 20) == 0.0


def test_a_picture_that_comes_at_once_does_not_hurl_the_face_away():
    """Of two pictures one tick of 90 kHz apart the second differs by a tremble, or by a whole picture's movement."""
    for step in (0.4, 4.0):
        tracker, time, ids = Tracker(TrackingConfig()), 0.0, []
        for n, gap in enumerate([0.04, 0.04, 1 / 90_000, 0.08, 0.04, 0.04]):
            time += gap
            ids += tracker.link(frame(index=n, time=time), at(10 + step * n)).tolist()
        assert set(ids) == {0}


def test_a_box_without_an_area_is_no_reason_to_join_or_to_fail():
    tracker = Tracker(TrackingConfig())
    flat = faces(1, boxes=np.array([[10.0, 10.0, 10.0, 10.0]]), keypoints5=None)
    assert [link(tracker, flat, n) for n in range(3)] == [[0], [1], [2]]
