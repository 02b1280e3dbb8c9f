from __future__ import annotations

from slceleb_core.testing.conformance import SpeakerConformance
from slceleb_speaker_xcorr.stage import XcorrSpeaker


class TestXcorr(SpeakerConformance):
    stage = XcorrSpeaker
