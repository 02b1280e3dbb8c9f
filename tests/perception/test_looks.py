"""How distinct a track's looks are: the length of the sum of its embeddings, whatever comes in between."""

import numpy as np
import pytest

from slceleb_core.decision.identity import Vote
from slceleb_core.perception.looks import Looks


def embeddings(seed, count, dim=8):
    drawn = np.random.default_rng(seed).standard_normal((count, dim))
    return (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)


def test_what_faces_add_is_the_squared_length_of_their_weighted_sum():
    """Two tracks in turn, a third that comes and goes; each has a sum of its own."""
    rows, weights, looks = embeddings(1, 30), np.random.default_rng(2).random(30).astype(np.float32), Looks()
    grown = {0: 0.0, 1: 0.0, 2: 0.0}
    for start in range(0, 30, 3):
        part, tracks = slice(start, start + 3), np.array([0, 1, 2])
        for track, added in zip(tracks, looks.growth(0, tracks, rows[part], weights[part]), strict=True):
            grown[int(track)] += added
    for track, square in grown.items():
        whole = weights[track::3].astype(float) @ rows[track::3].astype(float)
        assert square == pytest.approx(whole @ whole)


def test_a_track_of_another_shot_begins_anew():
    row, looks = embeddings(3, 1), Looks()
    added = [looks.growth(shot, np.array([0]), row, np.ones(1, np.float32))[0] for shot in (0, 0, 1)]
    assert added == pytest.approx([1.0, 3.0, 1.0])


@pytest.mark.parametrize(("factor", "weight"), [(np.nan, 1.0), (1.0, np.nan), (1.0, 0.0), (np.inf, 1.0)])
def test_a_face_without_a_vote_adds_nothing(factor, weight):
    rows, looks = embeddings(4, 3), Looks()
    rows[1] *= np.float32(factor)
    added = [
        looks.growth(0, np.array([0]), row[None], np.array([each], np.float32))[0]
        for row, each in zip(rows, (1.0, weight, 1.0), strict=True)
    ]
    whole = rows[0].astype(float) + rows[2].astype(float)
    assert (added[1], sum(added)) == (0.0, pytest.approx(whole @ whole))


def test_the_same_face_again_and_again_is_one_look():
    row, looks, vote = embeddings(5, 1), Looks(), Vote()
    for weight in (0.2, 0.9, 0.5):
        weights = np.array([weight], np.float32)
        vote.add(np.array([[0.5]], np.float32), weights, looks.growth(0, np.array([0]), row, weights))
    assert vote.squared_length() == pytest.approx(1.0)


def test_where_it_is_not_known_all_faces_are_one_look():
    vote = Vote()
    for weight in (0.2, 0.9, 0.5):
        vote.add(np.array([[0.5]], np.float32), np.array([weight], np.float32))
    assert vote.squared_length() == pytest.approx(1.0)
