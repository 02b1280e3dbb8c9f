"""The active loop over a folder: what is shown when, and that it leads to a promise that holds."""

import json

import numpy as np
import pytest

from slceleb_core.precision.calibrating.aimed import attempts_in, calibrated_by, proven_in
from slceleb_core.precision.calibrating.calibration import Wish
from slceleb_core.precision.draws import read_draw
from slceleb_core.precision.gathering import gather
from slceleb_core.precision.teaching.looping import ROUND, TEACHING
from slceleb_core.precision.teaching.queueing import next_round

from ..decided import a_segment, accepted, rejected, write_video

WISH = Wish(0.9, 0.95)
VIDEOS, OF_VIDEO = 150, 3
WHEN = "2999-01-02T03:04:05Z"  # behind whatever was drawn


@pytest.fixture
def truth(output):
    """Write a folder in which what scores low is often wrong, and return what is right, by segment."""
    random = np.random.default_rng(15)
    right = {}
    for video in range(VIDEOS):
        segments = []
        for number in range(OF_VIDEO):
            key, good = f"v{video:03d}-{number:04d}", bool(random.random() < 0.7)
            score = float(np.clip(0.75 + 0.17 * good - 0.08 * (not good) + 0.05 * random.normal(), 0.5, 1.0))
            values = {"asd": score, "similarity": float(0.6 + 0.05 * random.normal())}
            segments.append(a_segment(key, f"P{video % 9}", 5.0 * number, 5.0 * number + 3.0, **values))
            right[key] = good
        write_video(output, f"v{video:03d}", segments)
    return right


def decide(output, keys, truth):
    """Write down decisions as `review apply` does."""
    for key in keys:
        path = output / key.rpartition("-")[0] / "source.json"
        stated = json.loads(path.read_text())
        review, report = stated.setdefault("review", {}), stated["report"]
        review[key] = accepted(when=WHEN)
        if not truth[key]:
            segment = next(told for told in report["segments"] if told["id"] == key)
            report["segments"].remove(segment)
            review[key] = {**rejected(a_segment(key)), "segment": segment, "when": WHEN}
        path.write_text(json.dumps(stated))


def go_on(output, purpose="auto", size=None):
    return next_round(output, gather(output), WISH, purpose, size, seed=7)


def test_first_it_is_taught_then_a_target_is_proven_and_the_promise_holds(output, truth):
    shown, rounds = [], []
    while True:
        found = go_on(output)
        rounds.append(found)
        if not found.segments:
            break
        assert not set(found.segments) & set(shown)
        shown += found.segments
        decide(output, found.segments, truth)
    purposes = [found.purpose for found in rounds]
    assert purposes[: TEACHING // ROUND] == ["teach"] * (TEACHING // ROUND)
    assert purposes[-1] == "proven"
    taught = [truth[key] for key in shown[:TEACHING]]
    assert np.mean(taught) < 0.6  # what was looked at first is what is doubtful
    proof = proven_in(output, gather(output), WISH)
    kept = proof.point.keeps(gather(output).population)
    right = [truth[key] for key, inside in zip(gather(output).population.ids, kept, strict=True) if inside]
    assert np.mean(right) >= WISH.target
    assert rounds[-1].low >= WISH.target
    made = calibrated_by(attempts_in(output, gather(output), WISH), gather(output), WISH)
    assert made.chosen.point.limits == rounds[-1].limits
    assert made.low == rounds[-1].low
    assert rounds[-1].seconds >= 0.5 * rounds[-1].all_seconds * np.mean(list(truth.values()))


def test_what_was_shown_and_not_decided_is_shown_again(output, truth):
    first = go_on(output)
    assert go_on(output).segments == first.segments
    decide(output, first.segments[:5], truth)
    again = go_on(output)
    assert again.segments == first.segments[5:]
    assert (again.draw, again.taught) == (first.draw, 5)


def taught(output, truth):
    while (found := go_on(output)).purpose == "teach":
        decide(output, found.segments, truth)
    return found


def test_what_proves_is_drawn_of_what_passes_the_limits_and_nobody_has_looked_at(output, truth):
    found = taught(output, truth)
    draw, evidence = read_draw(output, found.draw), gather(output)
    assert (draw.purpose, draw.aim.target, draw.aim.attempt) == ("prove", 0.9, 0)
    (attempt,) = attempts_in(output, evidence, WISH)
    kept = attempt.point.keeps(evidence.population)
    inside = {key for key, passes in zip(evidence.population.ids, kept, strict=True) if passes}
    drawn = {item.id for item in draw.items}
    assert drawn <= inside
    assert not drawn & {label.segment for label in evidence.labels}
    assert len({item.probability for item in draw.items}) == 1


def test_each_round_says_how_far_the_bound_has_moved_and_what_lacks(output, truth):
    found = taught(output, truth)
    assert (found.low, found.labels) == (0.0, 0)
    decide(output, found.segments[:10], dict.fromkeys(truth, True))
    later = go_on(output)
    assert later.labels == 10
    assert later.low > later.low_before == 0.0
    assert 0 < later.more < found.more


def test_a_gap_ends_what_counts(output, truth):
    found = taught(output, truth)
    decide(output, found.segments[:3] + found.segments[4:9], dict.fromkeys(truth, True))
    assert go_on(output).labels == 3


def test_what_an_attempt_has_shown_proves_nothing_of_all_segments(output, truth):
    found = taught(output, truth)
    decide(output, found.segments[:10], truth)
    assert gather(output).labels
    assert not gather(output).proving  # nor do videos of which everything happened to be shown


def test_an_attempt_that_fails_teaches_the_next_one_which_has_less_to_spend(output, truth):
    found = taught(output, truth)
    decide(output, found.segments[:12], dict.fromkeys(truth, False))
    later = go_on(output)
    assert later.taught == TEACHING + 12
    assert later.attempt == 1
    assert later.purpose in ("prove", "nothing")


def test_of_too_few_segments_nothing_can_be_proven_and_it_says_how_many_it_takes(output):
    write_video(output, "v000", [a_segment(f"v000-{n:04d}", start=4.0 * n, end=4.0 * n + 2) for n in range(6)])
    found = go_on(output, "prove")
    assert found.purpose == "nothing"
    assert "it takes" in found.note


def test_the_same_seed_draws_the_same(output, truth):
    draws = [next_round(output, gather(output), WISH, seed=3).segments]
    (output / "draws" / "teach.json").unlink()
    assert next_round(output, gather(output), WISH, seed=3).segments == draws[0]
