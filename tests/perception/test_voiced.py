"""When lips are worth following."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from slceleb_core.media.speech import SpeechActivity
from slceleb_core.perception.voiced import AROUND, LIKELY, Voiced


def activity(probability, trust=None, start=0.0, step=0.03):
    probability = np.asarray(probability, np.float32)
    return SpeechActivity("energy", start, step, probability, np.ones_like(probability) if trust is None else trust)


@given(st.lists(st.floats(0, 1), max_size=400), st.floats(-1, 14))
def test_lips_matter_near_a_voice_and_nowhere_else(probability, time):
    heard = activity(probability)
    far = np.abs(heard.times - time)[heard.probability >= np.float32(LIKELY)]
    near = float(far.min(initial=np.inf))
    if abs(near - AROUND) > 0.1:
        assert Voiced(heard).at(time) == (near < AROUND)


def test_where_the_sound_tells_nothing_lips_matter():
    assert Voiced(activity([0.0] * 10, trust=np.zeros(10))).at(0.1)
    assert not Voiced(activity([0.0] * 10)).at(0.1)
    assert not Voiced(activity([])).at(0.1)
