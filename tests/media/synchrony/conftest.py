"""Recordings that are made here: of a voice that says something else at every moment."""

import pytest

from slceleb_core.testing.talker import SyntheticTalker
from slceleb_core.types import SAMPLE_RATE


def voice(seconds, seed=0):
    """Return float32 [n], somebody who talks for so long."""
    return SyntheticTalker(seed=seed, duration=float(seconds)).audio().samples[: round(seconds * SAMPLE_RATE)]


@pytest.fixture(scope="session")
def talk():
    """Return 40 s of a voice."""
    return voice(40)


@pytest.fixture(scope="session")
def other_talk():
    """Return 40 s of another voice."""
    return voice(40, seed=5)
