"""The contract, with a network that is drawn."""

import pytest

from slceleb_core.testing.conformance import GeneratorConformance
from slceleb_generator_wav2lip.stage import Wav2LipGenerator


class TestWav2Lip(GeneratorConformance):
    stage = Wav2LipGenerator

    @pytest.fixture(autouse=True)
    def _with(self, network):
        type(self).options = {"model": str(network)}
