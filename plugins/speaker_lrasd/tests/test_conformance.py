"""The contract, with recurrent layers that look less far around: the talkers of two of its tests last twice as long as
a score reaches, and a second of a talker takes one. What they reach in earnest is in `test_stretches`."""

from __future__ import annotations

from typing import ClassVar

import pytest

from slceleb_core.testing.conformance import SpeakerConformance
from slceleb_speaker_lrasd import stretches
from slceleb_speaker_lrasd.stage import LrasdSpeaker


@pytest.fixture(autouse=True)
def near(monkeypatch):
    monkeypatch.setattr(stretches, "CELL", 1.0)
    monkeypatch.setattr(stretches, "AROUND", 1.0)
    monkeypatch.setattr(LrasdSpeaker, "context_seconds", 3.0)


class TestLightAsd(SpeakerConformance):
    stage = LrasdSpeaker


class TestLrAsd(SpeakerConformance):
    stage = LrasdSpeaker
    options: ClassVar = {"model": "lr_asd"}
