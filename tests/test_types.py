import numpy as np
import pytest

from slceleb_core.testing import builders
from slceleb_core.types import AudioSpan, Scores, TimeRange, Track


def test_scores_are_checked_and_frozen():
    scores = Scores([0.0, 0.5, 1.0], [0.0, 0.04, np.nan], {"r": [0.1, 0.2, 0.3]})
    assert len(scores) == 3
    doubted = Scores([0.0, 0.5, 1.0], chance=[0.01, np.nan, 1.0], overlap=[0.0, 0.5, np.nan])
    assert {doubted.chance.dtype, doubted.overlap.dtype} == {np.dtype(np.float64)}
    assert {scores.speaking.dtype, scores.lag.dtype, scores.diagnostics["r"].dtype} == {np.dtype(np.float32)}
    with pytest.raises(ValueError, match="read-only"):
        scores.speaking[0] = 1.0


@pytest.mark.parametrize(
    ("columns", "name"),
    [
        ({"speaking": np.zeros((3, 1))}, "speaking"),
        ({"speaking": np.zeros(3), "lag": np.zeros(2)}, "lag"),
        ({"speaking": np.zeros(3), "chance": np.zeros(2)}, "chance"),
        ({"speaking": np.zeros(3), "overlap": np.zeros((3, 1))}, "overlap"),
        ({"speaking": np.zeros(3), "diagnostics": {"gate": np.zeros(4)}}, "gate"),
    ],
)
def test_scores_of_another_shape_are_refused(columns, name):
    with pytest.raises(ValueError, match=name):
        Scores(**columns)


@pytest.mark.parametrize("number", [np.nan, np.inf])
@pytest.mark.parametrize("column", ["boxes", "scores", "keypoints5"])
def test_faces_must_be_where_numbers_say(column, number):
    values = np.array(getattr(builders.faces(3), column))
    values[1:2].flat[-1] = number
    with pytest.raises(ValueError, match=rf"Faces\.{column} is not finite in row 1"):
        builders.faces(3, **{column: values})


def test_of_a_face_the_mesh_the_pose_and_the_sharpness_may_be_unknown():
    unknown = {"landmarks478": (478, 3), "blendshapes": (52,), "pose": (3,), "sharpness": ()}
    found = builders.faces(1, **{column: np.full((1, *shape), np.nan) for column, shape in unknown.items()})
    assert len(found[[0]]) == 1


@pytest.mark.parametrize("number", [np.nan, np.inf])
@pytest.mark.parametrize("column", ["speaking", "voice"])
def test_a_score_is_a_number(column, number):
    with pytest.raises(ValueError, match=rf"Scores\.{column} is not finite in row 2"):
        Scores(**{"speaking": np.zeros(3), column: np.array([0.0, 0.5, number])})


def test_a_stretch_of_a_span_is_silent_beyond_it():
    sound = builders.audio(samples=np.ones(16000, np.float32), start=2.0)
    part = sound.span(1.5, 2.5)
    assert part.start == pytest.approx(1.5)
    np.testing.assert_array_equal(part.samples, np.repeat([0.0, 1.0], 8000))
    assert len(sound.span(10.0, 11.0).samples) == 16000
    assert not sound.span(10.0, 11.0).samples.any()
    with pytest.raises(ValueError, match="before it starts"):
        sound.span(2.5, 2.0)


def test_a_stretch_begins_at_the_nearest_sample():
    sound = AudioSpan(np.arange(100, dtype=np.float32), 1.0)
    assert list(sound.span(1.0 + 10.4 / 16000, 1.0 + 13.4 / 16000).samples) == [10.0, 11.0, 12.0]


@pytest.mark.parametrize(
    ("part", "held"),
    [
        (TimeRange(), [True, True, True, True]),
        (TimeRange(1.0), [False, True, True, True]),
        (TimeRange(end=2.0), [True, True, False, False]),
        (TimeRange(1.0, 2.0), [False, True, False, False]),
    ],
)
def test_a_range_holds_its_beginning_and_not_its_end(part, held):
    times = np.array([0.0, 1.0, 2.0, 3.0])
    assert part.holds(times).tolist() == held == [time in part for time in times]
    assert part.holds(np.zeros(0)).shape == (0,)


def test_a_track_has_an_observation_for_each_row_that_was_asked_for():
    columns = (1, np.arange(3), np.arange(3) / 25, np.zeros((3, 4)))
    assert len(Track(*columns, np.zeros((2, 5)), observed=[True, False, True])) == 3
    assert Track(*columns, np.zeros((3, 5))).observed is None
    with pytest.raises(ValueError, match="3 rows, expected 2"):
        Track(*columns, np.zeros((3, 5)), observed=[True, False, True])
    with pytest.raises(ValueError, match="observed has shape"):
        Track(*columns, np.zeros((2, 5)), observed=[True, True])
