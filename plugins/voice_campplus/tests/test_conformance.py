from __future__ import annotations

import pytest

from slceleb_core.testing.conformance import VoiceConformance
from slceleb_voice_campplus.stage import CampplusVoice


class TestCampplus(VoiceConformance):
    stage = CampplusVoice

    @pytest.fixture
    def context(self, machine):
        return machine
