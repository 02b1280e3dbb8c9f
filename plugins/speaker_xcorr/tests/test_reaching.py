from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from slceleb_core.errors import PluginError
from slceleb_core.testing import builders
from slceleb_core.testing.talker import SyntheticTalker, talker_tracks
from slceleb_core.types import AudioSpan, LagEvidence, TimeRange, WholeSound
from slceleb_speaker_xcorr.reaching import STRETCH
from slceleb_speaker_xcorr.stage import XcorrSpeaker
from slceleb_speaker_xcorr.timeline import STEP

REACH = 1.2


def told(
    speaker: XcorrSpeaker, talker: SyntheticTalker, sound: AudioSpan, own: TimeRange | None = None
) -> list[LagEvidence]:
    """Return what the stage says of one talker with a sound."""
    speaker.start(builders.video_info())
    speaker.listen(sound)
    whole = TimeRange(talker.start, talker.start + talker.duration)
    return speaker.lag_evidence(talker_tracks(speaker, [talker]), sound, own or whole, REACH)


@pytest.fixture
def talker() -> SyntheticTalker:
    return SyntheticTalker(seed=3, duration=15.0)


@pytest.mark.parametrize("delay", [-1.0, -0.33, 0.0, 0.27, 1.1])
def test_each_stretch_tells_its_lag(speaker: XcorrSpeaker, talker: SyntheticTalker, delay: float) -> None:
    found = told(speaker, talker, talker.audio(delay=delay))
    assert [round(one.start) for one in found] == [0, 5, 10]
    for one in found[:2]:  # a late sound is cut off at the end
        assert one.lags[np.argmax(one.ratio)] == pytest.approx(delay, abs=1.5 * STEP)
        assert one.ratio.max() > 3.0
        assert one.seconds <= STRETCH + STEP


def test_lags_reach_as_far_as_asked_and_no_further(speaker: XcorrSpeaker, talker: SyntheticTalker) -> None:
    (first, *_) = told(speaker, talker, talker.audio())
    assert (first.lags[0], first.lags[-1]) == pytest.approx((-REACH, REACH))
    assert first.step == pytest.approx(STEP)


def test_wrong_voices_are_no_evidence_for_a_lag(speaker: XcorrSpeaker) -> None:
    """The mean of the ratio over sounds that do not belong to the lips is about 1, at no lag much more."""
    ratios = []
    for seed in range(3, 6):
        talker, other = (SyntheticTalker(seed=number, duration=15.0) for number in (seed, seed + 10))
        ratios += [one.ratio for one in told(speaker, talker, other.audio())]
    assert np.exp(np.array(ratios)).mean() < 3.0
    assert np.median(ratios) < -1.0


@pytest.mark.parametrize("seam", [5.0, 7.3])
def test_how_a_shot_is_divided_does_not_matter(speaker: XcorrSpeaker, talker: SyntheticTalker, seam: float) -> None:
    sound = talker.audio(delay=0.4)
    whole = told(speaker, talker, sound)
    parts = [
        part for own in (TimeRange(0.0, seam), TimeRange(seam, 15.0)) for part in told(speaker, talker, sound, own)
    ]
    assert sum(one.seconds for one in parts) == pytest.approx(sum(one.seconds for one in whole), rel=0.1)
    if seam == 5.0:
        for one, other in zip(parts, whole, strict=True):
            np.testing.assert_allclose(one.ratio, other.ratio, atol=1e-9)


@pytest.mark.parametrize("quiet", ["frozen", "silent"])
def test_lips_that_rest_tell_nothing(speaker: XcorrSpeaker, talker: SyntheticTalker, quiet: str) -> None:
    found = told(speaker, getattr(talker, quiet)(), talker.audio())
    assert sum(one.seconds for one in found) < 0.5 * talker.duration
    assert all(one.ratio.max() < 6.0 for one in found)


def test_without_a_voice_nothing_is_told(speaker: XcorrSpeaker, talker: SyntheticTalker) -> None:
    assert told(speaker, talker, builders.audio(15.0)) == []


def test_without_faces_nothing_is_told(speaker: XcorrSpeaker) -> None:
    sound: WholeSound = builders.audio(2.0)
    speaker.start(builders.video_info())
    speaker.listen(sound)
    assert speaker.lag_evidence([], builders.audio(2.0), TimeRange(0.0, 2.0), REACH) == []


def test_the_detector_of_old_does_not_tell(make: Callable[..., XcorrSpeaker], talker: SyntheticTalker) -> None:
    with pytest.raises(PluginError, match="does not tell by how much a sound is early or late"):
        told(make(method="classic"), talker, talker.audio())
