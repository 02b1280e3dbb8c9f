"""What a score rests on, and that it does not matter how a long track comes."""

from __future__ import annotations

import numpy as np
import onnxruntime
from hypothesis import given
from hypothesis import strategies as some

from slceleb_speaker_lrasd.graph import AUDIO, LOGITS, VIDEO
from slceleb_speaker_lrasd.stretches import AROUND, CELL, REACH, stretches


def drawn(count, seed=0):
    """Pictures and sound of nothing in particular."""
    random = np.random.default_rng(seed)
    pictures = random.integers(0, 256, (count, 112, 112), np.uint8)
    return pictures, random.normal(0.0, 8.0, (4 * count, 13)).astype(np.float32)


def in_one_pass(path, pictures, features):
    session = onnxruntime.InferenceSession(str(path))
    (logits,) = session.run([LOGITS], {VIDEO: pictures[None].astype(np.float32), AUDIO: features[None]})
    return logits[:, 1] - logits[:, 0]


def test_a_track_of_ten_seconds_is_gone_through_in_one_pass(path, network):
    count = 40
    pictures, features = drawn(count)
    times = 103.1 + np.arange(count) * 0.25  # slow: so ten seconds have few pictures
    expected = in_one_pass(path, pictures, features)
    np.testing.assert_allclose(network.odds(pictures, features, times), expected, atol=1e-4)


def test_pieces_are_encoded_as_the_whole_is(network):
    pictures, features = drawn(48)
    whole = network.encoded(pictures, features, piece=48)
    np.testing.assert_allclose(network.encoded(pictures, features, piece=7), whole, atol=1e-4)
    assert np.abs(whole).max() > 0.1


def test_nothing_beyond_its_reach_counts_for_a_score(network):
    """Two tracks that differ in all that is further away; slow ones, so that it takes few pictures."""
    step, count = 0.4, 150
    pictures, features = drawn(count)
    times = np.arange(count) * step
    odds = network.odds(pictures, features, times)
    near = slice(20, 131)  # from 8 to 52 s
    part = network.odds(pictures[near], features[4 * near.start : 4 * near.stop], times[near])
    settled = (times[near] >= 8.0 + REACH) & (times[near] <= 52.0 - REACH)
    assert settled.sum() >= 20
    np.testing.assert_allclose(part[settled], odds[near][settled], atol=1e-3)
    assert np.abs(part[:5] - odds[near][:5]).max() > 1e-3  # what is there at all counts nearer to an end


steps = some.lists(some.floats(0.01, 7.0), min_size=1, max_size=60)


@given(steps=steps, start=some.floats(-20.0, 1e5))
def test_every_moment_is_scored_once_by_what_is_around_it(steps, start):
    times = start + np.cumsum(steps)
    done = []
    for along, own in stretches(times):
        chosen = np.arange(len(times))[along][own]
        done.extend(chosen.tolist())
        for moment in chosen:
            around = np.flatnonzero(np.abs(times - times[moment]) <= AROUND)
            assert set(around) <= set(range(along.start, along.stop))
            assert np.abs(times[along] - times[moment]).max() <= AROUND + CELL + 1e-6
    assert done == list(range(len(times)))
