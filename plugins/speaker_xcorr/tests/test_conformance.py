from __future__ import annotations

from typing import ClassVar

from slceleb_core.testing.conformance import SpeakerConformance
from slceleb_speaker_xcorr.stage import XcorrSpeaker


class TestXcorr(SpeakerConformance):
    stage = XcorrSpeaker


class TestXcorrAsFirstSpecified(SpeakerConformance):
    stage = XcorrSpeaker
    options: ClassVar = {"window_frames": 30, "features": "mfcc"}


class TestXcorrByEnergy(SpeakerConformance):
    stage = XcorrSpeaker
    options: ClassVar = {"vad": "energy"}
