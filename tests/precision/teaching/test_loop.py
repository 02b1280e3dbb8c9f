"""The loop takes at most half the labels of random order, and keeps its promise: a short form of the simulation."""

import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

SCRIPTS = Path(__file__).resolve().parents[3] / "scripts" / "precision"
FOLDERS, SHARE = 3, 0.7


@pytest.fixture(scope="module")
def loop():
    sys.path.insert(0, str(SCRIPTS))
    try:
        yield runpy.run_path(str(SCRIPTS / "loop.py"))
    finally:
        sys.path.remove(str(SCRIPTS))


def test_a_promise_takes_at_most_half_the_labels_of_random_order_and_holds(loop):
    labels, precisions, reached = [], [], []
    for number in range(FOLDERS):
        random = np.random.default_rng([15, number])
        folder = loop["simulated"]("few measures tell", random)
        wanted = SHARE * loop["attainable"](folder)
        promise = loop["in_the_loop"](folder, random, 3000)
        kept = promise.point.keeps(folder.population)
        labels.append(promise.labels)
        precisions.append(float(folder.right[kept].mean()))
        assert promise.share >= wanted
        others = loop["in_random_order"](folder, random, int(2 * promise.labels))
        reached.append(any(other.share >= wanted for other in others))
    assert min(precisions) >= 0.99
    assert max(labels) < 2000
    assert not any(reached)
