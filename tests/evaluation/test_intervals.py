import math
import random
from fractions import Fraction

import numpy as np
import pytest

from slceleb_core.evaluation.intervals import contains, intersect, length, pieces, sweep, union


def random_spans(seed, count=30):
    """Return spans on a grid of eighths, which floats hold exactly."""
    generator = random.Random(seed)
    starts = [Fraction(generator.randrange(400), 8) for _ in range(count)]
    return [(float(start), float(start + Fraction(generator.randrange(20), 8))) for start in starts]


def cells(times):
    """Return the eighths of a second that lie in a set of times."""
    return {n for n in range(500) if any(start <= n / 8 < end for start, end in times)}


def test_overlapping_touching_unsorted_and_empty_spans_become_one_set():
    assert union([(4, 5), (1, 2), (1.5, 3), (3, 3.5), (7, 7)]) == ((1, 3.5), (4, 5))
    assert union([]) == ()
    assert union([(0, 9), (1, 2)]) == ((0, 9),)


@pytest.mark.parametrize("seed", range(8))
def test_arithmetic_agrees_with_counting_cells(seed):
    one, other = random_spans(seed), random_spans(seed + 100)
    assert cells(union(one)) == cells(one)
    assert cells(intersect(union(one), union(other))) == cells(one) & cells(other)
    assert length(union(one)) == len(cells(one)) / 8


@pytest.mark.parametrize("seed", range(4))
def test_a_sweep_splits_time_into_who_is_in_it(seed):
    tracks = {name: union(random_spans(seed * 10 + n, 8)) for n, name in enumerate("abc")}
    swept = list(sweep(tracks))
    for name, times in tracks.items():
        assert math.isclose(sum(seconds for seconds, who in swept if name in who), length(times))
    both = sum(seconds for seconds, who in swept if {"a", "b"} <= who)
    assert math.isclose(both, length(intersect(tracks["a"], tracks["b"])))


def test_moments_at_a_start_are_inside_and_at_an_end_outside():
    times = union([(1, 2), (3, 4)])
    assert contains(times, np.array([0.9, 1.0, 1.9, 2.0, 2.5, 3.0, 4.0])).tolist() == [0, 1, 1, 0, 0, 1, 0]
    assert contains((), np.array([1.0])).tolist() == [False]


def test_pieces_are_of_equal_length_and_make_up_the_whole():
    times = union([(0, 4), (6, 8)])
    parts = pieces(times, 3)
    assert parts == [((0, 2),), ((2, 4),), ((6, 8),)]
    assert pieces(times, 2) == [((0, 3),), ((3, 4), (6, 8))]
