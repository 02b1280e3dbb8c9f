import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slceleb_core.precision.calibrating.calibration import KNOWN
from slceleb_core.precision.calibrating.learning import taught_weights
from slceleb_core.precision.calibrating.paths import path_of
from slceleb_core.precision.population import Population
from slceleb_core.testing.populations import World, drawn_population

MILLIONTHS = st.one_of(st.integers(0, 10), st.integers(0, 10**6)).map(lambda value: value / 10**6)
"""Values as results have them."""

VALUES = st.lists(
    st.tuples(st.one_of(st.none(), st.integers(0, 6)), st.one_of(st.none(), MILLIONTHS), st.integers(0, 9)),
    min_size=1,
    max_size=50,
)


def population(**measures):
    count = len(next(iter(measures.values())))
    columns = {name: np.array([np.nan if v is None else v for v in column], float) for name, column in measures.items()}
    names = tuple(f"s{number}" for number in range(count))
    return Population(names, names, names, np.zeros(count), np.ones(count), np.ones(count, bool), columns)


@given(VALUES, st.floats(0.1, 1.0))
@settings(deadline=None, max_examples=60)
def test_each_point_keeps_all_that_a_stricter_one_keeps_and_the_last_one_everything(values, weight):
    similarity, chance, length = zip(*values, strict=True)
    segments = population(similarity=similarity, chance=chance, length=length)
    path = path_of(segments, "a path", {"similarity": 1.0, "chance": weight, "length": 0.5})
    kept = np.array([point.keeps(segments) for point in path.points])
    assert np.all(kept[:-1] <= kept[1:])
    assert kept[-1].all()
    assert np.array_equal(kept, np.arange(len(path.points))[:, None] >= path.entries)


def test_a_limit_divides_values_and_has_no_more_decimals_than_that_takes():
    segments = population(similarity=[0.4, 0.5, 0.612345, 0.7], chance=[0.04, 0.03, 0.02, 0.001])
    limits = [point.limits for point in path_of(segments, "a path", {"similarity": 1.0, "chance": 1.0}).points]
    assert limits[-1] == {}
    assert {name: sorted({limit[name] for limit in limits[:-1]}) for name in ("similarity", "chance")} == {
        "similarity": [0.45, 0.6, 0.66],
        "chance": [0.01, 0.025, 0.035],
    }


def test_what_says_nothing_of_any_segment_is_not_limited():
    segments = population(similarity=[0.4, 0.5, 0.6], voice=[None, None, None], margin=[0.3, 0.3, 0.3])
    path = path_of(segments, "a path", KNOWN)
    assert set(path.weights) == {"similarity"}
    assert path_of(population(voice=[None, None]), "nothing", KNOWN).points[0].limits == {}


BLIND = frozenset({"similarity", "margin", "offset", "length", "other_speaker", "voice", "asd"})


def errors_of(drawn, most):
    order = np.argsort(drawn.population.measures["speaking"])
    return np.array([row for row in order if not drawn.right[row]][:most])


def test_labels_teach_to_leave_measures_alone_that_tell_nothing():
    world = World(wrong_person=0.0, not_speaking=0.06, other_voice=0.0, unseen=0.0, blind=BLIND)
    drawn = drawn_population(np.random.default_rng(3), 2000, world)
    weights = taught_weights(drawn.population, errors_of(drawn, 80), KNOWN)
    assert weights is not None
    assert weights["speaking"] >= 0.5
    assert sum(weights.get(name, 0.0) for name in BLIND) < 1.5


def test_few_errors_teach_nothing():
    drawn = drawn_population(np.random.default_rng(3), 500)
    assert taught_weights(drawn.population, errors_of(drawn, 6), KNOWN) is None
    assert taught_weights(drawn.population, np.zeros(0, np.int64), KNOWN) is None


@pytest.mark.parametrize("seed", [0, 1])
def test_what_chance_has_taught_of_one_half_of_the_videos_is_not_taken(seed):
    random = np.random.default_rng(seed)
    drawn = drawn_population(random, 1500)
    noise = {name: random.permutation(values) for name, values in drawn.population.measures.items()}
    segments = Population(**{**{n: getattr(drawn.population, n) for n in ("ids", "recordings", "persons", "starts")},
        "ends": drawn.population.ends, "present": drawn.population.present, "measures": noise})  # fmt: skip
    weights = taught_weights(segments, random.choice(1500, 40, replace=False), KNOWN)
    assert weights is None or len(weights) < len(KNOWN)


def test_a_weight_that_is_no_power_of_two_loses_no_segment_by_rounding():
    segments = population(chance=[0.0] * 4 + [1e-6] + [2e-6] * 3)
    path = path_of(segments, "a path", {"chance": 0.363})
    assert path.entries.tolist() == [0, 0, 0, 0, 1, 2, 2, 2]
    assert path.points[1].keeps(segments).tolist() == [True] * 5 + [False] * 3
